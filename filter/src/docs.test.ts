import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { filterErrorKinds, findField, parseFilter, type RowKind } from './index.js';

const guide = readFileSync(fileURLToPath(new URL('../../docs/filter.md', import.meta.url)), 'utf8');

describe('docs/filter.md', () => {
  const languages: Readonly<Record<string, RowKind>> = { filter: 'windows', 'filter-connections': 'connections' };
  const blocks = [...guide.matchAll(/^```(filter(?:-connections)?)\n(.*?)\n```$/gms)];

  test('has examples of both kinds of rows', () => {
    assert.deepEqual(new Set(blocks.map(([, language]) => language)), new Set(Object.keys(languages)));
  });

  for (const [, language = '', text = ''] of blocks) {
    test(`the example ${text} is a filter`, () => {
      const parsed = parseFilter(text, languages[language] ?? 'windows');
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem.message);
    });
  }

  test('names every error', () => {
    for (const { code } of Object.values(filterErrorKinds)) {
      assert.ok(guide.includes(code), code);
    }
  });

  test('tells names of fields that are true', () => {
    const rows = [...guide.matchAll(/^\| `([a-z.]+)` +\| (`[^|]*`) *\|$/gm)].filter(([, name]) =>
      findField(name ?? '', 'windows')
    );
    assert.ok(rows.length >= 4);
    for (const [, name = '', others = ''] of rows) {
      for (const [, other = ''] of others.matchAll(/`([^`]+)`/g)) {
        assert.equal(findField(other, 'windows')?.name, name, other);
      }
    }
  });
});
