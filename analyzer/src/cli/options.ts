import { InvalidArgumentError, Option } from 'commander';

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  }
  return value;
}

/** An option with a few possible values. */
export function choice(flags: string, description: string, values: readonly string[], byDefault: string): Option {
  return new Option(flags, description).choices(values).default(byDefault);
}
