import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseFilter } from '../filter/src/index.js';
import { parseConfig } from '../analyzer/src/service/index.js';
import { inRepository } from './plugin-host/paths.js';

const readme = readFileSync(inRepository('README.md'), 'utf8');
const block = (language: string, beginsWith: string) => {
  const blocks = [...readme.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, name, text]) => ({ name, text: text! }));
  const found = blocks.find(({ name, text }) => name === language && text.startsWith(beginsWith));
  assert.ok(found, `the README has a block of ${language || 'text'} that begins with ${beginsWith}`);
  return found.text;
};

test('the filters in the README are filters', () => {
  const lines = block('', 'rst.count.srv')
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');
  assert.ok(lines.length >= 4);
  for (const line of lines) {
    const parsed = parseFilter(line, 'windows', { variables: 'refuse' });
    assert.ok(parsed.ok, parsed.ok ? '' : `${line}: ${parsed.problem.message}`);
  }
});

test('the configuration in the README is one', () => {
  const { zones, applications } = parseConfig(block('yaml', '# tcpscope.yml'), 'README.md');
  assert.equal(zones?.length, 3);
  assert.equal(applications?.length, 2);
});

test('what the README points to exists', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link]) => link!);
  assert.ok(links.length > 10);
  for (const link of links.filter((one) => !/^https?:/.test(one))) {
    assert.ok(existsSync(inRepository(link)), link);
  }
});
