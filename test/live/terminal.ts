import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cli } from './analyzer.js';

/** Milliseconds until a test gives up waiting. */
const PATIENCE = 60_000;
const escape = String.fromCharCode(27);
/** What moves the cursor, erases or colours. */
const controls = new RegExp(`${escape}\\[[0-9;?]*[A-Za-z]`, 'g');
/** A page begins where the one before was erased. */
const erased = new RegExp(`(?:${escape}\\[2K${escape}\\[1A)*${escape}\\[2K(?:${escape}\\[1A)?${escape}\\[G`, 'g');

/** Runs a command of the analyzer in a terminal of a size until its page shows `wanted`; that page, without colours. */
export async function pageInTerminal(
  [columns, rows]: readonly [number, number],
  args: readonly string[],
  wanted: RegExp
): Promise<string> {
  const quoted = [process.execPath, cli, ...args].map((arg) => `'${arg}'`).join(' ');
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows ${rows}; exec ${quoted}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color' },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  let written = '';
  let page: string | null = null;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text;
    // The last one but one is complete.
    const found = written.split(erased).slice(0, -1).at(-1)?.replace(controls, '').replaceAll('\r', '');
    if (page === null && found !== undefined && wanted.test(found)) {
      page = found;
      child.stdin.write('\u0003');
    }
  });
  await once(child, 'close');
  clearTimeout(timer);
  if (page === null) {
    throw new Error(`the page never showed ${String(wanted)}:\n${written.replace(controls, '')}`);
  }
  return page;
}
