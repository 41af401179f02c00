// Random requests with something wrong in them. Whether it really is wrong, graphql-js says.

import { getNamedType, isLeafType } from 'graphql';

const punctuation = ['{', '}', '(', ')', '[', ']', ':', '$', '@', '...', '!', '=', '|', '&', '"', '#'];
const strange = [
  '01', '1.', '.5', '-', '1e', '1e5', '1.5e3', '0x1', '5five', '"\\q"', '"\\u12"', '"\\u{1F333}"',
  '"\\u{110000}"', '"\\uD800"', '"\\uD83C\\uDF33"', '"open', '"new\nline"', '"""block\n  string"""',
  '"""open', '\u0007', '\ufeff', 'é', '%', '?', '<', '~', '--1', 'null', 'true', "'text'", '``',
];
/** Values of JSON, few of which fit anywhere. */
const jsons = [
  null, true, 'true', 5, -1, 1.5, 2147483648, -2147483649, '5', '', [], [null], ['x', null], {},
  { nonsense: 1 }, [[5]], 'OPEN', '2026-02-30', '2026-10-05', 'soon', '2026-10-05T25:00:00Z',
  9007199254740993, '\u0000',
];
const lits = [
  'null', 'true', '"true"', '5', '-1', '1.5', '2147483648', '-2147483649', '1e3', '"5"', '[]', '[null]',
  '{}', '{ nonsense: 1 }', '[[5]]', 'OPEN', '"OPEN"', '"2026-02-30"', '"2026-10-05"', '"soon"', '$nobody',
  '[$nobody]', '{ key: "a", key: "b" }', '99999999999999999999',
];
const places = ['query', 'field', 'variable', 'fragment', 'spread', 'inline'];

/** A request with something wrong in it. */
export function broken(generator, chance) {
  const { schema } = generator;
  const objects = Object.values(schema.getTypeMap()).filter((type) => 'getInterfaces' in type && !type.name.startsWith('__'));
  const names = Object.keys(schema.getTypeMap());
  const [name, list] = chance.pick(generator.roots);
  const type = schema.getType(name);
  const root = list.root;
  const leaves = Object.values(type.getFields()).filter((field) => isLeafType(getNamedType(field.type)));
  const leaf = () => chance.pick(leaves).name;
  const rows = (inner) => `${root}(first: 1) { nodes { ${inner} } }`;
  const filters = Object.keys(schema.getType(`${name}Filter`)?.getFields() ?? {});
  const argument = () => chance.pick(['first', 'last', 'after', 'before', 'orderBy', 'filter']);
  const directive = () => chance.pick(['@skip(if: true)', '@include(if: true)', '@skip', '@include(if: null)',
    '@skip(if: "x")', '@nobody', '@deprecated', '@include(if: true) @include(if: true)', '@skip(unless: true, if: true)',
    '@specifiedBy(url: "x")', '@oneOf']);
  const set = (inner) => ({ query: `{ ${rows(inner)} }` });
  const typed = () => {
    const bare = chance.pick(['Int', 'Int', 'String', 'ID', 'Boolean', 'Float', 'Date', 'DateTime', `${name}Order`,
      `${name}Filter`, chance.pick(names)]);
    return chance.pick([bare, `${bare}!`, `[${bare}]`, `[${bare}!]!`, bare, `${bare}!`]);
  };
  const preset = () => (chance.odds(0.3) ? ` = ${chance.pick(lits)}` : '');
  const given = () => (chance.odds(0.7) ? { v: chance.pick(jsons) } : {});

  const kinds = [
    // Variables: where they stand, what they are, what is given.
    () => ({
      query: `query($v: ${typed()}${preset()}) { ${root}(${argument()}: $v) { totalCount } }`,
      variables: given(),
    }),
    () => ({
      query: `query($v: ${typed()}${preset()}) { ${root}(filter: { ${chance.pick(filters) ?? 'key'}: ${chance.pick(['$v', '[$v]'])} }) { totalCount } }`,
      variables: given(),
    }),
    () => ({
      query: `query($v: ${chance.pick(['ID', 'ID!', '[ID]', '[ID!]', '[ID!]!', 'String'])}${preset()}) { ${chance.pick(['node(id: $v)', 'nodes(ids: $v)', 'nodes(ids: [$v])'])} { id } }`,
      variables: given(),
    }),
    () => ({
      query: `query($v: ${chance.pick(['Boolean', 'Boolean!', 'String'])}${chance.odds(0.5) ? ' = true' : ''}) { ${root} @skip(if: $v) { totalCount } }`,
      // A nullable condition that is null at run time is refused here, and answered with an error by graphql-js.
      variables: chance.odds(0.5) ? { v: chance.pick([true, false, 'true', 1]) } : {},
    }),
    () => {
      const filter = chance.pick(filters) ?? 'key';
      return {
        query: `query($v: ${name}Filter) { ${root}(filter: $v) { totalCount } }`,
        variables: { v: { [filter]: chance.pick(jsons) } },
      };
    },
    () => ({ query: `query($v: Int, $v: Int) { ${root}(first: $v) { totalCount } }` }),
    () => ({ query: `query($v: Int) { ${rows(leaf())} }` }),
    () => ({ query: `query A($v: Int) { ...f } query B { ...f } fragment f on Query { ${root}(first: $v) { totalCount } }`, operationName: chance.pick(['A', 'B']) }),
    // Values in the document.
    () => ({ query: `{ ${root}(${argument()}: ${chance.pick(lits)}) { totalCount } }` }),
    () => ({ query: `{ ${root}(filter: { ${chance.pick(filters) ?? 'key'}: ${chance.pick(lits)} }) { totalCount } }` }),
    () => ({ query: `{ ${root}(orderBy: ${chance.pick(['NOBODY_ASC', '"NAME_ASC"', 'NAME', '[NAME_ASC]', 'null', '1'])}) { totalCount } }` }),
    () => ({ query: `{ ${chance.pick(['node', 'node(id: null)', 'node(ids: "x")', 'nodes(ids: null)', 'nodes(ids: [null])', 'nodes(ids: "x")', 'node(id: "x", id: "y")', 'node(id: 1.5)', 'node(id: true)', 'node(id: 5)'])} { id } }` }),
    () => ({ query: `{ ${root}(first: 1, first: 1) { totalCount } }` }),
    // Fields that cannot be merged, or can.
    () => set(`x: ${leaf()} x: ${leaf()}`),
    () => set(`${leaf()} ... on ${name} { x: ${leaf()} } ...f } } } fragment f on ${name} { x: ${leaf()} ... on Node { x: id`),
    () => {
      const one = chance.pick(objects);
      const other = chance.pick(objects);
      const field = (of) => chance.pick(Object.values(of.getFields()).filter((field) => isLeafType(getNamedType(field.type))))?.name ?? '__typename';
      return { query: `{ node(id: "x") { ... on ${one.name} { x: ${field(one)} } ... on ${other.name} { x: ${field(other)} } } }` };
    },
    () => ({ query: `{ ${root}(first: ${chance.between(1, 2)}) { totalCount } ${root}(first: ${chance.between(1, 2)}) { x: __typename totalCount } }` }),
    () => ({ query: `query($a: Int, $b: Int) { ${root}(first: $a) { totalCount } ${root}(first: $${chance.pick(['a', 'b'])}) { totalCount } ${root}(last: $b) @skip(if: true) { totalCount } }` }),
    () => ({ query: `{ x: ${root} { totalCount } x: ${chance.pick(generator.roots)[1].root} { totalCount } }` }),
    () => ({ query: `{ ${root} { nodes { ${leaf()} } nodes { y: ${leaf()} } edges { node { x: ${leaf()} } node { x: ${leaf()} } } } }` }),
    () => ({ query: `{ ${root} { x: nodes { id } x: ${chance.pick(['edges { cursor }', 'nodes { id }', 'totalCount', '__typename'])} } }` }),
    // What there is not.
    () => set(`${leaf()} nonsense`),
    () => set(`${leaf()} { id }`),
    () => ({ query: `{ ${chance.pick([`${root}`, `${root} { nodes }`, `${root} {}`, `${root} { nodes { } }`, `${root} { totalCount { id } }`])} }` }),
    () => ({ query: `{ ${root}(nonsense: 1) { totalCount } }` }),
    () => ({ query: `query($v: ${chance.pick(['Nobody', 'Hub', 'Node', 'AlertConcern', '[Query]', 'HubFilter', '__Type', 'Int!!', '[Int', ''])}) { ${root} { totalCount } }` }),
    () => set('...nobody'),
    () => set(`...f } } } fragment f on ${chance.pick(names)} { ${chance.pick(['id', '__typename', leaf()])}`),
    () => set(`... on ${chance.pick(names)} { ${chance.pick(['id', '__typename', leaf()])} }`),
    () => ({ query: `{ alerts(first: 1) { nodes { subject { ${chance.pick(['id', '__typename', '... on Node { id }', '... on School { id }', '... on Hub { id } ... on Contact { id: role }', '... on AlertConcern { __typename }', 'name'])} } } } }` }),
    () => ({ query: `{ ${rows('id')} } fragment f on ${name} { id }` }),
    () => ({ query: `{ ${rows('...f')} } fragment f on ${name} { id } fragment f on ${name} { id }` }),
    () => ({ query: `{ ${rows('...f')} } fragment f on ${name} { ...g } fragment g on ${name} { ...${chance.pick(['f', 'g'])} }` }),
    () => ({ query: `{ ${rows('...on')} } fragment on on ${name} { id }` }),
    // Directives and where they stand.
    () => {
      const at = chance.pick(places);
      const where = (place) => (place === at ? ` ${directive()}` : '');
      return {
        query: `query Q($v: Int${where('variable')})${where('query')} { ${root}(first: $v)${where('field')} { nodes { ...f${where('spread')} ...${where('inline')} { id } } } } fragment f on ${name}${where('fragment')} { id }`,
        variables: { v: 1 },
      };
    },
    // Operations.
    () => ({ query: `{ __typename } query A { __typename }`, operationName: chance.pick(['A', undefined]) }),
    () => ({ query: `query A { __typename } query ${chance.pick(['A', 'B'])} { x: __typename }`, operationName: chance.pick(['A', 'B', 'C', '', undefined, null]) }),
    () => ({ query: chance.pick(['', '#', 'fragment f on Query { __typename }', 'query', 'query A', '{ }', 'query A { }', 'mutation { nobody }', 'subscription { nobody }', 'query () { __typename }', `{ ${root}() { totalCount } }`, '"""told""" { __typename }', '{ __typename } }', 'query Q { a: b: __typename }', 'query query { __typename }', '{ true: __typename }', '{ __typename @ skip(if: false) }', '{ __typename, , }', '\ufeff{ __typename }', 'query Q($on: Boolean = true) { __typename @include(if: $on) }']) }),
    () => ({ query: `${chance.pick(['type X { a: Int }', 'extend type Hub { a: Int }', 'schema { query: Query }', 'directive @x on FIELD', 'scalar X', 'fragment F($x: Int = 1) on Query { __typename }', 'enum E { A }', 'input I { a: Int }'])} { __typename }` }),
    () => ({ query: `mutation { ${chance.pick(['alertAcknowledge', 'visitRecord', 'nobody'])}${chance.pick(['', '(input: {})', '(input: null)', '(input: { nonsense: 1 })'])} { userErrors { message } } }` }),
    () => ({ query: `subscription ${chance.pick(['{ alertChanged { cursor } visitChanged { cursor } }', '{ alertChanged { cursor } x: alertChanged { cursor } }', '{ __typename }', '{ ...f } fragment f on Subscription { alertChanged { cursor } visitChanged { cursor } }', '{ nobody }', '{ alertChanged }'])}` }),
    // The schema about itself.
    () => ({ query: `{ ${chance.pick(['__type { name }', '__type(name: 5) { name }', '__schema', '__schema { nobody }', `${rows('__schema { __typename }')}`, '__type(name: "Hub") { fields { type { fields { type { fields { type { fields { name } } } } } } } }', '__type(name: "Nobody") { name }', '__type(name: "Hub") { name fields(includeDeprecated: "x") { name } }', '__typename(x: 1)', '__nobody', '__schema { queryType { name } mutationType { kind } subscriptionType { name } }', '__type(name: "SchoolFilter") { kind inputFields { name defaultValue type { name kind ofType { name } } } }', '__type(name: "AlertConcern") { kind possibleTypes { name } fields { name } }', '__type(name: "Node") { kind fields { name args { name } } interfaces { name } specifiedByURL }', '__type(name: "Date") { kind name specifiedByURL enumValues { name } }', '__type(name: "AlertState") { enumValues(includeDeprecated: true) { name isDeprecated deprecationReason } }'])} }` }),
    // Something put into, or taken out of, a good request.
    ...Array.from({ length: 12 }, () => () => spoiled(generator.request(), chance)),
  ];
  return chance.pick(kinds)();
}

/** A good request with one token taken out, put in, or put in another's place. */
function spoiled(request, chance) {
  const tokens = request.query.match(/"(?:\\.|[^"\\])*"|\.\.\.|\w+|[^\s\w]|\s+/g);
  const at = chance.below(tokens.length);
  const other = () => chance.pick([
    ...punctuation, ...strange, chance.pick(tokens), chance.pick(tokens), chance.pick(lits), 'nonsense', ' ',
  ]);
  switch (chance.below(4)) {
    case 0:
      tokens.splice(at, 1);
      break;
    case 1:
      tokens.splice(at, 0, other());
      break;
    case 2:
      tokens[at] = other();
      break;
    default:
      tokens.length = at;
  }
  return { ...request, query: tokens.join('') };
}
