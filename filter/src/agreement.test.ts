import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { evaluate, printFilter, toSql, type Expression, type RowKind } from './index.js';
import { parsePattern } from './regex/pattern.js';
import { matcher } from './regex/match.js';
import { re2 } from './regex/re2.js';
import { expressions } from './testing/expressions.js';
import { patternTexts } from './testing/patterns.js';
import { columnOf, columnType, columnValue, rowsOf, storedFields, type Row } from './testing/rows.js';

/** What is used of the in-process ClickHouse. It is optional: query servers and probes run without it. */
interface Engine {
  query(sql: string, format?: string): string;
  queryBind(sql: string, parameters: object, format?: string): string;
}
interface Session extends Engine {
  insert(rows: { table: string; values: readonly object[] }): Promise<unknown>;
  close(): void;
}

const name = 'chdb';
const module = await import(name).then(
  (found: { Session: new () => Session }) => found,
  () => undefined
);
const skip = module === undefined ? 'chdb is not installed: the SQL was not run' : false;

/** The property is run on so many filters; each meets every row. */
const filters = 600;
const rowCount = 60;
/** Filters in one query, which costs most of the time. */
const together = 20;

describe('evaluator and SQL select the same rows', { skip }, () => {
  let session: Session;
  before(() => {
    assert.ok(module !== undefined);
    session = new module.Session();
  });
  after(() => session.close());

  for (const kind of ['windows', 'connections'] as const) {
    test(`of ${kind}, whatever the filter`, async () => {
      const rows = fc.sample(rowsOf(kind), rowCount);
      await store(session, kind, rows);
      fc.assert(
        fc.property(fc.array(expressions(kind), { minLength: 1, maxLength: together }), (some) => {
          const selected = select(session, kind, some);
          some.forEach((expression, i) => {
            const expected = rows.map((row) => Number(evaluate(expression, (field) => row.get(field) ?? null)));
            assert.deepEqual(selected[i], expected, `${printFilter(expression)}\n${sqlOf(expression).sql}`);
          });
        }),
        { numRuns: filters / together }
      );
    });
  }

  test('of texts, whatever the pattern', () => {
    const texts = ['', 'a', 'ab', 'aab', 'ba', 'b\na', 'é', 'K', 'ſ', '0', ' ', 'aXb', '-', 'abababab'];
    fc.assert(
      fc.property(fc.array(patternTexts, { minLength: 1, maxLength: together }), (patterns) => {
        const trees = patterns.map(parsePattern);
        const parameters = { texts, ...Object.fromEntries(trees.map((tree, i) => [`p${i}`, re2(tree)])) };
        const columns = trees.map((_, i) => `arrayMap(text -> match(text, {p${i}:String}), {texts:Array(String)})`);
        const found = read(session.queryBind(`SELECT ${columns.join(', ')}`, parameters, 'JSONCompactEachRow'))[0];
        trees.forEach((tree, i) => {
          assert.deepEqual(
            found?.[i],
            texts.map((text) => Number(matcher(tree)(text))),
            patterns[i]
          );
        });
      }),
      { numRuns: filters / together }
    );
  });

  test('of letters that fold to others beyond ASCII', () => {
    const texts = ['s', 'S', '\u017f', 'k', 'K', '\u212a', 'as', 'a\u017f', '7'];
    for (const pattern of ['(?i)s|\\d', '(?i)\\d|k', '(?i)as|a\\d', '(?i)(s|k)|x', '(?i)[sk]|\\d', '(?i)s+|k?']) {
      const tree = parsePattern(pattern);
      const sql = 'SELECT arrayMap(text -> match(text, {p:String}), {texts:Array(String)})';
      const found = read(session.queryBind(sql, { p: re2(tree), texts }, 'JSONCompactEachRow'))[0];
      assert.deepEqual(
        found?.[0],
        texts.map((text) => Number(matcher(tree)(text))),
        pattern
      );
    }
  });
});

async function store(session: Session, kind: RowKind, rows: readonly Row[]): Promise<void> {
  const fields = storedFields(kind);
  const columns = fields.map((field) => `\`${columnOf(field)}\` ${columnType(field)}`);
  session.query(`CREATE TABLE ${kind} (row UInt32, ${columns.join(', ')}) ENGINE = Memory`);
  const values = rows.map((row, at) => ({
    row: at,
    ...Object.fromEntries(fields.map((field) => [columnOf(field), columnValue(field, row.get(field) ?? null)])),
  }));
  await session.insert({ table: kind, values });
}

function sqlOf(expression: Expression, prefix = 'p'): { sql: string; parameters: Record<string, unknown> } {
  const parameters: Record<string, unknown> = {};
  const sql = toSql(expression, {
    column: (field) => `\`${columnOf(field)}\``,
    parameter: (value, type) => {
      const parameter = `${prefix}_${Object.keys(parameters).length}`;
      parameters[parameter] = value;
      return `{${parameter}:${type}}`;
    },
  });
  return { sql, parameters };
}

/** For every filter, 1 or 0 for every row; a null would stay null and agree with neither. */
function select(session: Session, kind: RowKind, some: readonly Expression[]): unknown[][] {
  const translated = some.map((expression, i) => sqlOf(expression, `p${i}`));
  const parameters = Object.assign({}, ...translated.map((one) => one.parameters)) as object;
  const sql = `SELECT ${translated.map((one) => one.sql).join(', ')} FROM ${kind} ORDER BY row`;
  const table = read(session.queryBind(sql, parameters, 'JSONCompactEachRow'));
  return some.map((_, i) => table.map((row) => row[i]));
}

function read(lines: string): unknown[][] {
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown[]);
}
