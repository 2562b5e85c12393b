/**
 * Writes the reference pages of docs/ from the catalogues that the program itself uses: `npm run docs`. With `--check` nothing
 * is written; pages that differ are named, and the exit status is 1.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { configurationPage } from './docs/configuration.js';
import { diagnosisPage } from './docs/diagnosis.js';
import { errorsPage } from './docs/errors.js';
import { fieldsPage } from './docs/fields.js';
import type { Page } from './docs/markdown.js';
import { metricsPage } from './docs/metrics.js';

const root = new URL('../', import.meta.url);

const pages = [diagnosisPage, fieldsPage, metricsPage, errorsPage, configurationPage];

/** Where a page says how it is made. */
const origin = '<!-- Made by "npm run docs"; change the catalogues that it is made from, not this file. -->';

/** The text of every generated page by its path from the root, as it has to be committed. */
export async function renderDocs(): Promise<ReadonlyMap<string, string>> {
  const options = (await resolveConfig(fileURLToPath(new URL('docs/fields.md', root)))) ?? {};
  const texts = pages.map(async (page): Promise<readonly [string, string]> => {
    const { path, title, body }: Page = page();
    return [path, await format(`# ${title}\n\n${origin}\n\n${body}\n`, { ...options, parser: 'markdown' })];
  });
  return new Map(await Promise.all(texts));
}

/** Paths of pages whose committed text is not what it has to be; a missing page is one of them. */
export function staleDocs(
  rendered: ReadonlyMap<string, string>,
  committed: (path: string) => string | null = readPage
): string[] {
  return [...rendered].filter(([path, text]) => committed(path) !== text).map(([path]) => path);
}

function readPage(path: string): string | null {
  try {
    return readFileSync(new URL(path, root), 'utf8');
  } catch {
    return null;
  }
}

async function main(check: boolean): Promise<void> {
  const rendered = await renderDocs();
  const stale = staleDocs(rendered);
  for (const path of stale) {
    if (check) {
      console.error(`${path} is stale: run "npm run docs" and commit it.`);
      process.exitCode = 1;
    } else {
      writeFileSync(new URL(path, root), rendered.get(path)!);
      console.log(`${path} written`);
    }
  }
  if (stale.length === 0) {
    console.log(`${[...rendered.keys()].join(', ')}: up to date`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(process.argv.includes('--check'));
}
