// A sign-in service for the tests: oidc-provider with invented accounts, whose pages are answered
// over plain HTTP, and whose tokens it spoils on request.
//
// Environment: PUBLIC_URL, ACCOUNTS (claims by account, JSON). It prints "listening on <address>".
//   /interaction/<uid>?as=<account>   signs in as an account; "nobody" goes back instead
//   /spoil?how=<way>                  spoils the next tokens in this way; none for not at all
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const home = process.env.PUBLIC_URL;
const accounts = JSON.parse(process.env.ACCOUNTS);
const secrets = { 'hubs-schools': 'a secret of schools', 'hubs-staff': 'a secret of staff' };

const pair = (kid) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
  const { kty, n, e, alg, use } = jwk;
  return { privateKey, jwk, open: { kty, n, e, kid, alg, use } };
};
const own = pair('one');
const next = pair('two');
const foreign = pair('one');

// Filled in once the port is known.
const server = createServer((request, response) => answer(request, response));
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;

const client = (id, key) => ({
  client_id: id,
  client_secret: secrets[id],
  redirect_uris: [`${home}/sign-in/oidc/${key}/callback`],
  post_logout_redirect_uris: [`${home}/sign-in`],
});

const provider = new Provider(issuer, {
  clients: [client('hubs-schools', 'dfe'), client('hubs-staff', 'staff')],
  jwks: { keys: [own.jwk] },
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'given_name', 'family_name'],
    organisation: ['organisation'],
  },
  cookies: { keys: ['a key of the tests'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) =>
    accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
  // Nobody is asked whether Hubs may know what it asks for.
  loadExistingGrant: async (ctx) => {
    const { client, session, params } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(params.scope);
    await grant.save();
    return grant;
  },
});

const coded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
const sealed = (header, claims, seal) => {
  const text = `${coded(header)}.${coded(claims)}`;
  return `${text}.${seal(text)}`;
};
const by = (key) => (text) => sign('RSA-SHA256', Buffer.from(text), key).toString('base64url');

let how = 'none';
const spoilt = (token, clientId) => {
  const [head, body] = token.split('.').slice(0, 2);
  const [header, claims] = [head, body].map((it) => JSON.parse(Buffer.from(it, 'base64url')));
  const but = (changes) => sealed(header, { ...claims, ...changes }, by(own.privateKey));
  const now = claims.iat;
  const hmac = (text) => createHmac('sha256', secrets[clientId]).update(text).digest('base64url');
  const ways = {
    expired: () => but({ iat: now - 7200, exp: now - 3600 }),
    future: () => but({ iat: now + 3600, exp: now + 7200 }),
    audience: () => but({ aud: 'another' }),
    audiences: () => but({ aud: [clientId, 'another'] }),
    issuer: () => but({ iss: 'https://another.example' }),
    nonce: () => but({ nonce: 'another' }),
    no_nonce: () => but({ nonce: undefined }),
    access_token: () => but({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }),
    subject: () => but({ sub: 'another' }),
    unsigned: () => sealed({ alg: 'none' }, claims, () => ''),
    shared_secret: () => sealed({ alg: 'HS256' }, claims, hmac),
    broken: () => `${token.slice(0, -8)}AAAAAAAA`,
    foreign: () => sealed(header, claims, by(foreign.privateKey)),
    rotated: () => sealed({ ...header, kid: 'two' }, claims, by(next.privateKey)),
    unknown_key: () => sealed({ ...header, kid: 'three' }, claims, by(next.privateKey)),
    missing: () => undefined,
  };
  return ways[how] ? ways[how]() : token;
};

provider.use(async (ctx, go) => {
  await go();
  if (ctx.oidc?.route === 'token' && ctx.body?.id_token) {
    ctx.body = { ...ctx.body, id_token: spoilt(ctx.body.id_token, ctx.oidc.client.clientId) };
  }
  if (ctx.oidc?.route === 'jwks' && how === 'rotated') {
    ctx.body = { keys: [own.open, next.open] };
  }
});

const service = provider.callback();
const answer = async (request, response) => {
  const url = new URL(request.url, issuer);
  if (url.pathname === '/spoil') {
    how = url.searchParams.get('how');
    return response.end();
  }
  if (!url.pathname.startsWith('/interaction/')) return service(request, response);
  const as = url.searchParams.get('as');
  if (!as) return response.end('Who are you?');
  const result =
    as === 'nobody' ? { error: 'access_denied' } : { login: { accountId: as, remember: false } };
  return provider.interactionFinished(request, response, result);
};

console.log(`listening on ${issuer} `);
