import { InvalidArgumentError, Option } from 'commander';
import { dedupModes } from '../decode/index.js';

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  }
  return value;
}

/** Threads that may share the work: more than any machine has cores gain nothing, and each has tables of its own. */
const MOST_WORKERS = 64;

export function workerCount(text: string): number {
  const value = positiveInteger(text);
  if (value > MOST_WORKERS) {
    throw new InvalidArgumentError(`It must be ${MOST_WORKERS} or less.`);
  }
  return value;
}

/** An option with a few possible values. */
export function choice(flags: string, description: string, values: readonly string[], byDefault: string): Option {
  return new Option(flags, description).choices(values).default(byDefault);
}

/** Whether packets that were captured more than once count once. */
export function dedupOption(): Option {
  return new Option(
    '--dedup <mode>',
    'leave out packets that were captured twice: what is proved a copy (auto), also what only looks like one (on)'
  ).choices(dedupModes);
}

export function portNumber(text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  }
  return value;
}
