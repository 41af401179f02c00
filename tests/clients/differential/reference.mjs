// What graphql-js answers over the rows of a dump. The conventions of the schema (connections,
// filters, orders, cursors, ids) are told here a second time, in another language and over plain
// arrays, so that a mistake in the server's statements cannot be made here too.

import { readFileSync } from 'node:fs';
import { buildSchema, graphqlSync } from 'graphql';

const base64 = (bytes) => Buffer.from(bytes).toString('base64url');
const bytesOf = (uuid) => Buffer.from(uuid.replaceAll('-', ''), 'hex');

/** The global id of a row. */
export const globalId = (type, uuid) =>
  base64(Buffer.concat([Buffer.from(`${type}:`), bytesOf(uuid)]));

/** Type and row of a global id, or null. */
export function parseGlobalId(text) {
  if (!/^[\w-]*$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  const name = bytes.subarray(0, -17).toString();
  if (bytes.length < 17 || bytes[bytes.length - 17] !== 0x3a) return null;
  const hex = bytes.subarray(-16).toString('hex');
  return { type: name, uuid: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
}

/** Microseconds since 1970 as a `DateTime`: as many digits after the second as there are, by threes. */
export function moment(micros) {
  const whole = Math.floor(micros / 1e6);
  const rest = micros - whole * 1e6;
  const text = new Date(whole * 1000).toISOString().slice(0, 19);
  if (rest === 0) return `${text}Z`;
  const digits = String(rest).padStart(6, '0');
  return `${text}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`;
}

/** A `DateTime` as microseconds since 1970, or null. */
export function microsOf(text) {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const whole = found ? Date.parse(found[1] + found[3]) : NaN;
  return Number.isNaN(whole) ? null : whole * 1000 + Number((found[2] ?? '').padEnd(6, '0'));
}

function isDay(text) {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : new Date(NaN);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** Databases compare text by its bytes. */
function compare(one, other) {
  if (typeof one === 'string') return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return one - other;
}

/** The committed schema, with the scalars of our own refusing what they do not take. */
export function loadSchema(file) {
  const schema = buildSchema(readFileSync(file, 'utf8'));
  const checked = (name, fits) => {
    const type = schema.getType(name);
    const parse = (value) => {
      if (typeof value !== 'string' || !fits(value)) throw new TypeError(`no ${name}`);
      return value;
    };
    type.parseValue = parse;
    type.parseLiteral = (node) => parse(node.kind === 'StringValue' ? node.value : undefined);
  };
  checked('Date', isDay);
  checked('DateTime', (text) => microsOf(text) !== null);
  return schema;
}

/** A dump, made ready to be asked. */
export function loadRows(file) {
  const dump = JSON.parse(readFileSync(file, 'utf8'));
  for (const type of Object.values(dump.types)) {
    type.byId = new Map(type.rows.map((row) => [row.id, row]));
    type.byColumn = new Map();
  }
  return dump;
}

/** The rows whose column holds the value. */
function named(type, column, value) {
  if (!type.byColumn.has(column)) {
    const groups = new Map();
    for (const row of type.rows) {
      if (!groups.has(row[column])) groups.set(row[column], []);
      groups.get(row[column]).push(row);
    }
    type.byColumn.set(column, groups);
  }
  return type.byColumn.get(column).get(value) ?? [];
}

const shownAs = (leaf, value) => (leaf === 'DateTime' ? moment(value) : value);
/** As the database keeps what a filter gives. */
const keptAs = (leaf, value) => (leaf === 'DateTime' ? microsOf(value) : value);
const simple = (uuid) => uuid.replaceAll('-', '');

/** The cursor of a row in an order. */
export function cursorOf(order, name, row) {
  return base64(`${name}:${shownAs(order.leaf, row[order.column])}:${simple(row.id)}`);
}

function place(order, name, cursor) {
  const text = Buffer.from(cursor, 'base64url').toString();
  const inner = text.slice(name.length + 1);
  const at = inner.lastIndexOf(':');
  const value = inner.slice(0, at);
  const kept = order.leaf === 'Int' ? Number(value) : keptAs(order.leaf, value);
  return [kept, inner.slice(at + 1)];
}

/** The place of each row in an ascending order, equal rows by id. */
function ranked(type, order) {
  order.ranks ??= new Map(
    [...type.rows]
      .sort((one, other) =>
        compare(one[order.column], other[order.column]) || compare(simple(one.id), simple(other.id)))
      .map((row, rank) => [row, rank]),
  );
  return order.ranks;
}

/** Whether a row passes a filter. */
function passes(dump, type, name, given, row) {
  const filter = type.filters[name];
  const value = row[filter.column];
  // What the viewer cannot see is looked for in vain: a filter by it must not tell of it.
  const seen = () => {
    const found = parseGlobalId(given);
    return dump.types[found?.type]?.byId.has(found.uuid) ? found : null;
  };
  const id = (target) => {
    const found = seen();
    return found?.type === target ? found.uuid : null;
  };
  switch (filter.test) {
    case 'is':
      return value !== null && value === keptAs(filter.leaf, given);
    case 'from':
      return value !== null && compare(value, keptAs(filter.leaf, given)) >= 0;
    case 'before':
      return value !== null && compare(value, keptAs(filter.leaf, given)) < 0;
    case 'anyOf':
      return value !== null && given.includes(filter.words[value]);
    case 'contains':
      return value !== null && value.toLowerCase().includes(given.toLowerCase());
    case 'refers':
      return value !== null && value === id(filter.target);
    case 'concerns':
      return filter.rows[id(filter.target)]?.includes(row.id) ?? false;
    case 'node':
      return value !== null && value === id(row[filter.typeColumn]);
    case 'empty':
      return row[`empty:${filter.column}`] === given;
    case 'holds':
      return filter[given].includes(row.id);
    default:
      throw new Error(`no such test: ${filter.test}`);
  }
}

/** A page of a list. */
function connection(dump, name, rows, given) {
  const type = dump.types[name];
  const [, orderName, way] = /^(.*)_(ASC|DESC)$/.exec(given.orderBy);
  const order = type.orders[orderName];
  const sign = way === 'DESC' ? -1 : 1;
  const against = (row, [value, id]) =>
    sign * (compare(row[order.column], value) || compare(simple(row.id), id));
  const ranks = ranked(type, order);
  const filters = Object.entries(given.filter ?? {}).filter(([, value]) => value !== null);
  const all = rows
    .filter((row) => filters.every(([filter, value]) => passes(dump, type, filter, value, row)))
    .sort((one, other) => sign * (ranks.get(one) - ranks.get(other)));
  let page = all;
  if (given.after != null) {
    const from = place(order, orderName, given.after);
    page = page.filter((row) => against(row, from) > 0);
  }
  if (given.before != null) {
    const to = place(order, orderName, given.before);
    page = page.filter((row) => against(row, to) < 0);
  }
  const backward = given.last != null;
  const limit = given.last ?? given.first ?? 20;
  const more = page.length > limit;
  page = backward ? page.slice(-limit) : page.slice(0, limit);
  const edges = page.map((row) => ({
    type: `${name}Edge`,
    node: { type: name, row },
    cursor: cursorOf(order, orderName, row),
  }));
  return {
    type: `${name}Connection`,
    totalCount: all.length,
    nodes: edges.map((edge) => edge.node),
    edges,
    pageInfo: {
      type: 'PageInfo',
      hasNextPage: backward ? given.before != null : more,
      hasPreviousPage: backward ? more : given.after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const node = (dump, name, uuid) => {
  const row = dump.types[name]?.byId.get(uuid);
  return row ? { type: name, row } : null;
};

function part(dump, source, part) {
  const value = source[part.key];
  switch (part.holds) {
    case 'flag':
      return value === true;
    case 'word':
      return part.words[value];
    case 'row':
      return value == null ? null : node(dump, part.target, value);
    case 'list':
      return (value ?? []).map((item) => ({ type: part.of.name, plain: part.of, item }));
    default:
      return value ?? null;
  }
}

function field(dump, { type: name, row }, fieldName, given) {
  if (fieldName === 'id') return globalId(name, row.id);
  const type = dump.types[name];
  const found = type.fields[fieldName];
  const value = row[found.column];
  switch (found.kind) {
    case 'column':
      if (value === null) return null;
      return found.words ? found.words[value] : shownAs(found.leaf, value);
    case 'derived':
      return row[`=${fieldName}`];
    case 'one': {
      const here = row[found.here];
      const [only] = here === null ? [] : named(dump.types[found.target], found.there, here);
      return only ? { type: found.target, row: only } : null;
    }
    case 'either':
      return found.targets.map((target) => node(dump, target, row[found.here])).find(Boolean) ?? null;
    case 'many': {
      const target = dump.types[found.target];
      const { column, table, parent, child } = found.link;
      const rows = column
        ? named(target, column, row.id)
        : dump.between[table]
            .filter((between) => between[parent] === row.id)
            .flatMap((between) => target.byId.get(between[child]) ?? []);
      return connection(dump, found.target, rows, given);
    }
    case 'objects':
      return (value ?? []).map((item) => ({ type: found.of.name, plain: found.of, item }));
    default:
      throw new Error(`no such kind: ${found.kind}`);
  }
}

/** A row whose field holds something, if there is one; lists always do. */
export function rowWith(dump, name, fieldName) {
  const type = dump.types[name];
  if (type.fields[fieldName].kind === 'many') return type.rows[0];
  return type.rows.find((row) => field(dump, { type: name, row }, fieldName) !== null);
}

/** The answer of graphql-js to a request. `seen` hears of each field with a value. */
export function answer(schema, dump, { query, variables, operationName }, seen = () => {}) {
  const root = (fieldName, given) => {
    if (fieldName === 'viewer') return node(dump, 'Person', dump.viewer);
    const byId = (id) => {
      const found = parseGlobalId(id);
      return found && node(dump, found.type, found.uuid);
    };
    if (fieldName === 'node') return byId(given.id);
    if (fieldName === 'nodes') return given.ids.map(byId);
    const [name, type] = Object.entries(dump.types).find(([, type]) => type.root === fieldName);
    return connection(dump, name, type.rows, given);
  };
  return graphqlSync({
    schema,
    source: query,
    variableValues: variables,
    operationName,
    rootValue: {},
    typeResolver: (value) => value.type,
    fieldResolver: (source, given, _context, { fieldName, parentType }) => {
      let value;
      if (parentType.name === 'Query') value = root(fieldName, given);
      else if (source.row) value = field(dump, source, fieldName, given);
      else if (source.plain) value = part(dump, source.item, source.plain.parts[fieldName]);
      else value = source[fieldName];
      if (value !== null) seen(`${parentType.name}.${fieldName}`);
      return value;
    },
  });
}
