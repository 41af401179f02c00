// Random valid requests over the schema, with values that fit the rows.

import { getNamedType, isAbstractType, isLeafType, isObjectType } from 'graphql';
import { cursorOf, globalId, moment, rowWith } from './reference.mjs';

/** Deepest nesting of objects below a root field. */
const DEEPEST = 5;
/** Rows that one request may come to, every list counted as full. */
const MOST_ROWS = 3000;

/** A row that nobody has. */
const NOBODY = '00000000-0000-7000-8000-00000000dead';

const text = (value) => ({ lit: JSON.stringify(value).replaceAll('\u2028', '\\u2028'), json: value });
const plainly = (value) => ({ lit: String(value), json: value });
const word = (name) => ({ lit: name, json: name });
const list = (items) => ({
  lit: `[${items.map((item) => item.lit).join(', ')}]`,
  json: items.map((item) => item.json),
});

/** Makes requests. `unread` holds the fields, as `Type.field`, that nobody has read yet. */
export class Generator {
  constructor(schema, dump, chance, unread) {
    Object.assign(this, { schema, dump, chance, unread });
    this.populated = Object.keys(dump.types).filter((name) => dump.types[name].rows.length > 0);
    this.roots = Object.entries(dump.types).filter(([, type]) => type.root);
  }

  /** A request: query, variables and, for one of several operations, its name. */
  request() {
    const { chance } = this;
    Object.assign(this, { variables: [], fragments: [], number: 0, fuel: 60 });
    const fields = [];
    for (let count = chance.between(1, 3); count > 0; count -= 1) fields.push(this.root());
    if (chance.odds(0.1)) fields.push('__typename');
    const several = chance.odds(0.1);
    const name = several || chance.odds(0.2) ? ' Asked' : '';
    const declared = this.variables.map(({ name, type, preset }) =>
      `$${name}: ${type}${preset === undefined ? '' : ` = ${preset}`}`);
    const head = declared.length > 0 ? `(${declared.join(', ')})` : '';
    const operation = `query${name}${head} { ${fields.join(' ')} }`;
    const documents = chance.shuffled([
      operation,
      ...this.fragments.map((fragment) => fragment.text),
      ...(several ? ['query Other { __typename }'] : []),
    ]);
    const variables = Object.fromEntries(
      this.variables.filter(({ json }) => json !== undefined).map(({ name, json }) => [name, json]),
    );
    return { query: documents.join('\n'), variables, ...(several && { operationName: 'Asked' }) };
  }

  /** A plain request for a field that nobody has read yet. */
  plain(unread) {
    const [name, fieldName] = unread.split('.');
    const named = getNamedType(this.schema.getType(name).getFields()[fieldName].type);
    const below = isLeafType(named) ? '' : ' { __typename }';
    const id = globalId(name, rowWith(this.dump, name, fieldName).id);
    return { query: `{ node(id: "${id}") { ... on ${name} { ${fieldName}${below} } } }` };
  }

  root() {
    const { chance } = this;
    const kind = chance.below(20);
    if (kind === 0) return `${this.alias()}viewer ${this.selection('Person', 1, 1)}`;
    if (kind <= 5) {
      const type = this.wanted();
      const id = this.supply('ID!', this.id(type));
      return `${this.alias()}node(id: ${id})${this.directives()} ${this.selection('Node', 1, 1, [type])}`;
    }
    if (kind <= 7) {
      const types = [this.wanted(), this.wanted()];
      const ids = Array.from({ length: chance.between(0, 5) }, () => this.id(chance.pick(types)));
      const given = chance.odds(0.5)
        ? this.supply('[ID!]!', list(ids))
        : `[${ids.map((id) => this.supply('ID!', id)).join(', ')}]`;
      return `${this.alias()}nodes(ids: ${given}) ${this.selection('Node', 1, 5, types)}`;
    }
    if (kind === 8) return this.introspection();
    const [name, type] = chance.pick(this.roots);
    return this.connection(type.root, name, 1, 1);
  }

  /** A type with rows, rather one of which something was never read. */
  wanted() {
    const left = this.populated.filter((name) =>
      Object.keys(this.dump.types[name].fields).some((field) => this.unread.has(`${name}.${field}`)));
    return this.chance.pick(left.length > 0 && this.chance.odds(0.7) ? left : this.populated);
  }

  introspection() {
    const name = this.supply('String!', text(this.chance.pick([...this.populated, 'Nobody'])));
    const of = this.chance.odds(0.5) ? ' { kind name ofType { name } }' : ' { name kind }';
    return `${this.alias()}__type(name: ${name}) { kind name fields { name description type${of} } }`;
  }

  /** A fresh alias, or none. */
  alias(share = 0.7) {
    if (!this.chance.odds(share)) return '';
    this.number += 1;
    return `a${this.number}: `;
  }

  directives() {
    const { chance } = this;
    const one = (name) => {
      const yes = plainly(chance.odds(name === 'skip' ? 0.2 : 0.8));
      return ` @${name}(if: ${this.supply('Boolean!', yes)})`;
    };
    const found = [];
    if (chance.odds(0.06)) found.push(one('skip'));
    if (chance.odds(0.06)) found.push(one('include'));
    return chance.shuffled(found).join('');
  }

  /**
   * What to select of a type. `expected` says what an abstract type may turn out to be; `rows`, how
   * often this is written at most.
   */
  selection(typeName, depth, rows, expected) {
    const { chance } = this;
    const type = this.schema.getType(typeName);
    const parts = [];
    const count = chance.between(1, depth > 3 ? 3 : 5);
    for (let at = 0; at < count; at += 1) {
      parts.push(this.part(type, depth, rows, expected));
      if (chance.odds(0.05)) parts.push(chance.pick(parts));
    }
    return `{ ${parts.join(' ')} }`;
  }

  part(type, depth, rows, expected) {
    const { chance } = this;
    if (isAbstractType(type)) {
      if (chance.odds(0.15)) return `${this.alias(0.3)}__typename`;
      if (chance.odds(0.15) && isObjectOrInterface(type)) return `${this.alias(0.3)}id`;
      const some = chance.odds(0.9) && expected
        ? expected
        : this.schema.getPossibleTypes(type).map(({ name }) => name);
      return this.fragment(chance.pick(some), depth, rows);
    }
    const kind = chance.below(100);
    if (kind < 6) return `${this.alias(0.3)}__typename`;
    if (kind < 16 && depth < DEEPEST) return this.fragment(type.name, depth, rows);
    if (kind < 18) return `...${this.directives()} ${this.selection(type.name, depth + 1, rows)}`;
    const isNode = type.getInterfaces().length > 0;
    if (kind < 21 && isNode) {
      return `... on Node ${this.selection('Node', depth + 1, rows, [type.name])}`;
    }
    return this.field(type, depth, rows);
  }

  /** An inline or a named fragment on a type. */
  fragment(typeName, depth, rows) {
    const { chance } = this;
    if (chance.odds(0.6)) {
      return `... on ${typeName}${this.directives()} ${this.selection(typeName, depth + 1, rows)}`;
    }
    const fits = this.fragments.filter((fragment) =>
      fragment.typeName === typeName && fragment.depth >= depth && fragment.rows >= rows);
    if (fits.length > 0 && chance.odds(0.5)) {
      return `...${chance.pick(fits).name}${this.directives()}`;
    }
    const name = `F${this.fragments.length}`;
    const fragment = { name, typeName: null, depth, rows, text: '' };
    this.fragments.push(fragment);
    const body = this.selection(typeName, depth + 1, rows);
    // Only from here on, so that no fragment comes to contain itself.
    fragment.typeName = typeName;
    fragment.text = `fragment ${name} on ${typeName} ${body}`;
    return `...${name}${this.directives()}`;
  }

  field(type, depth, rows) {
    const { chance } = this;
    let fields = Object.values(type.getFields());
    if (depth >= DEEPEST || this.fuel <= 0) {
      fields = fields.filter((field) => isLeafType(getNamedType(field.type)));
      if (fields.length === 0) return '__typename';
    }
    this.fuel -= 1;
    const left = fields.filter((field) => this.unread.has(`${type.name}.${field.name}`));
    const field = chance.pick(left.length > 0 && chance.odds(0.5) ? left : fields);
    const named = getNamedType(field.type);
    if (isLeafType(named)) return `${this.alias(0.15)}${field.name}${this.directives()}`;
    const list = /^(.*)Connection$/.exec(named.name);
    if (list) return this.connection(field.name, list[1], depth, rows);
    const expected = isObjectType(named)
      ? undefined
      : this.schema.getPossibleTypes(named).map(({ name }) => name);
    const below = this.selection(named.name, depth + 1, rows, expected);
    return `${this.alias(0.15)}${field.name}${this.directives()} ${below}`;
  }

  /** A list of a type and its arguments. */
  connection(field, typeName, depth, rows) {
    const { chance } = this;
    const type = this.dump.types[typeName];
    const given = [];
    const short = rows * 20 > MOST_ROWS || depth > 1 || chance.odds(0.5);
    let page = 20;
    if (short || chance.odds(0.5)) {
      page = rows > 200 ? 1 : chance.between(1, rows > 20 ? 3 : chance.pick([2, 5, 5, 60]));
      const which = chance.pick(['first', 'first', 'last']);
      given.push(`${which}: ${this.supply('Int', plainly(page), { always: true })}`);
    }
    const names = Object.keys(type.orders);
    const wanted = chance.pick(names);
    const preset = this.preset(typeName);
    let [orderName, way] = [wanted, chance.pick(['ASC', 'DESC'])];
    if (chance.odds(0.5)) {
      const order = this.supply(`${typeName}Order!`, word(`${orderName}_${way}`), { preset });
      given.push(`orderBy: ${order}`);
    } else {
      [, orderName, way] = /^(.*)_(ASC|DESC)$/.exec(preset);
    }
    for (const side of ['after', 'before']) {
      if (type.rows.length > 0 && chance.odds(0.15)) {
        const cursor = cursorOf(type.orders[orderName], orderName, chance.pick(type.rows));
        given.push(`${side}: ${this.supply('String', text(cursor))}`);
      }
    }
    if (Object.keys(type.filters).length > 0 && chance.odds(0.4)) {
      given.push(`filter: ${this.filter(typeName)}`);
    }
    const list = chance.shuffled(given);
    const head = `${field}${list.length > 0 ? `(${list.join(', ')})` : ''}`;
    const written = `${this.alias(list.length > 0 ? 0.8 : 0.2)}${head}${this.directives()}`;
    const below = () => this.page(typeName, depth + 1, rows * page);
    // The same field twice, to be merged.
    return chance.odds(0.08) ? `${written} ${below()} ${written} ${below()}` : `${written} ${below()}`;
  }

  /** The order of a list when none is given. */
  preset(typeName) {
    const { root } = this.dump.types[typeName];
    const lists = root ? [this.schema.getQueryType().getFields()[root]] : Object.keys(this.dump.types).flatMap((name) =>
      Object.values(this.schema.getType(name).getFields()).filter((field) =>
        getNamedType(field.type).name === `${typeName}Connection`));
    return lists[0].args.find(({ name }) => name === 'orderBy').defaultValue;
  }

  page(typeName, depth, rows) {
    const { chance } = this;
    const parts = [];
    const row = () => this.selection(typeName, depth, rows);
    if (chance.odds(0.6)) parts.push(`${this.alias(0.1)}nodes${this.directives()} ${row()}`);
    if (chance.odds(0.3)) {
      const edge = chance.shuffled(['cursor', `node ${row()}`, '__typename', 'c: cursor']);
      parts.push(`${this.alias(0.1)}edges { ${edge.slice(chance.below(3)).join(' ')} }`);
    }
    if (chance.odds(0.3)) {
      const names = ['hasNextPage', 'hasPreviousPage', 'startCursor', 'endCursor', '__typename'];
      const some = chance.some(names, 0.6);
      if (some.length > 0) parts.push(`pageInfo { ${chance.shuffled(some).join(' ')} }`);
    }
    if (chance.odds(0.3)) parts.push(`${this.alias(0.1)}totalCount${this.directives()}`);
    if (chance.odds(0.1) || parts.length === 0) parts.push('__typename');
    if (chance.odds(0.1)) {
      return `{ ... on ${typeName}Connection { ${chance.shuffled(parts).join(' ')} } }`;
    }
    return `{ ${chance.shuffled(parts).join(' ')} }`;
  }

  /** A filter, as a variable or as an object with or without variables in it. */
  filter(typeName) {
    const { chance } = this;
    const defined = this.schema.getType(`${typeName}Filter`).getFields();
    const names = chance.shuffled(Object.keys(defined)).slice(0, chance.between(0, 2));
    const whole = chance.odds(0.2);
    const fields = names.map((name) => {
      const value = this.tested(this.dump.types[typeName], name);
      return [name, value, String(defined[name].type)];
    });
    if (!whole) {
      return `{ ${fields.map(([name, value, type]) => `${name}: ${this.supply(type, value)}`).join(', ')} }`;
    }
    const lit = `{ ${fields.map(([name, value]) => `${name}: ${value.lit}`).join(', ')} }`;
    const json = Object.fromEntries(fields.map(([name, value]) => [name, value.json]));
    return this.supply(`${typeName}Filter`, { lit, json });
  }

  /** A value to test by; mostly one that some row has. */
  tested(type, name) {
    const { chance } = this;
    if (chance.odds(0.04)) return plainly(null);
    const filter = type.filters[name];
    const having = type.rows.filter((row) => row[filter.column] != null);
    const value = having.length > 0 ? chance.pick(having)[filter.column] : null;
    switch (filter.test) {
      case 'anyOf': {
        const words = Object.values(filter.words).map(word);
        if (chance.odds(0.2)) return chance.pick(words);
        return list(chance.shuffled(words).slice(0, chance.between(0, 3)));
      }
      case 'contains': {
        if (value === null || chance.odds(0.1)) return text(chance.pick(['%', '_', '\\', '"', '']));
        const letters = [...value];
        const from = chance.below(letters.length);
        const some = letters.slice(from, from + chance.between(1, 6)).join('');
        return text(chance.odds(0.5) ? some : some.toUpperCase());
      }
      case 'refers':
      case 'concerns':
        if (value !== null && chance.odds(0.7)) return text(globalId(filter.target, value));
        return this.rightId(filter.target);
      case 'node':
        return this.rightId(chance.pick(this.populated));
      case 'empty':
      case 'holds':
        return plainly(chance.odds(0.5));
      default:
        return this.leaf(filter.leaf, value);
    }
  }

  leaf(leaf, value) {
    const { chance } = this;
    if (leaf === 'Date') return text(value ?? '2026-10-05');
    if (leaf === 'DateTime') {
      const shown = moment(value ?? 1791183480000000);
      return text(chance.odds(0.8) ? shown : shown.replace('Z', chance.pick(['+00:00', '-05:30'])));
    }
    if (leaf === 'Int' || leaf === 'Float' || leaf === 'Boolean') return plainly(value ?? 1);
    return text(value ?? 'nothing');
  }

  /** An id for `node`, where what is none finds nothing. */
  id(typeName) {
    if (this.chance.odds(0.9)) return this.rightId(typeName);
    const nobody = globalId(typeName, NOBODY);
    return this.chance.pick([text('nobody'), text(''), plainly(7), text(`${nobody}=`)]);
  }

  /** A global id of the type: of a visible row, of one that may be hidden, or of none. */
  rightId(typeName) {
    const { chance } = this;
    const type = this.dump.types[typeName];
    if (type.rows.length > 0 && chance.odds(0.75)) return text(globalId(typeName, chance.pick(type.rows).id));
    if (type.ids.length > 0 && chance.odds(0.7)) return text(globalId(typeName, chance.pick(type.ids)));
    return text(globalId(typeName, NOBODY));
  }

  /**
   * A value as it stands in the document, perhaps by a variable. `always`: it must arrive; `preset`:
   * the place has this default itself.
   */
  supply(type, value, { always = false, preset } = {}) {
    const { chance } = this;
    if (!chance.odds(0.35)) return value.lit;
    const needed = type.endsWith('!');
    const bare = needed ? type.slice(0, -1) : type;
    const declare = (declaredType, given, otherwise) => {
      const name = `v${this.variables.length}`;
      this.variables.push({ name, type: declaredType, json: given, preset: otherwise });
      return `$${name}`;
    };
    if (value.json === null) return declare(bare, null);
    // Validation lets a null through here: the field fails. Conditions are left out, see decision 17.
    if (needed && bare !== 'Boolean' && chance.odds(0.05)) return declare(bare, null, value.lit);
    switch (chance.below(always || needed ? 4 : 7)) {
      case 0:
        return declare(bare, undefined, value.lit);
      case 1:
        return declare(`${bare}!`, value.json);
      case 2:
        return declare(`${bare}!`, undefined, value.lit);
      case 3:
        // A place that must not be null takes a nullable variable only if one of them has a default.
        if (needed && preset === undefined) return declare(bare, value.json, value.lit);
        return declare(bare, value.json);
      case 4:
        return declare(bare, undefined);
      case 5:
        return declare(bare, null, value.lit);
      default:
        return declare(bare, null);
    }
  }
}

const isObjectOrInterface = (type) => 'getFields' in type;
