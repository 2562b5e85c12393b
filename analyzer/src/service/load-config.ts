import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { errorKinds, TcpscopeError } from '../errors.js';
import { reasonOf } from './files.js';
import { serviceConfigSchema, type ServiceConfig, type ServiceConfigInput } from './config.js';

/** Where a setting came from, for errors: a place in a file, or the command line. */
type PlaceOf = (path: readonly PropertyKey[]) => string;

/** Reads a configuration file. Throws `configUnreadable`, and `configInvalid` which names the line and the key. */
export function readConfig(path: string): ServiceConfigInput {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TcpscopeError(errorKinds.configUnreadable, [path, reasonOf(error)], { cause: error });
  }
  return parseConfig(text, path);
}

/** The configuration in a text; `name` is what errors call it. */
export function parseConfig(text: string, name: string): ServiceConfigInput {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    const message =
      fault.code === 'MULTIPLE_DOCS' ? 'A configuration is one document, here a second begins' : fault.message;
    throw new TcpscopeError(errorKinds.configInvalid, [`${name}:${line}:${col}: ${message}`]);
  }
  let input: unknown;
  try {
    input = given(document.toJS()) ?? {};
  } catch (error) {
    // Aliases that grow beyond measure.
    throw new TcpscopeError(errorKinds.configInvalid, [`${name}:1:1: ${(error as Error).message}`], { cause: error });
  }
  check(input, (path) => {
    const offset = offsetOf(document, path);
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  });
  return input as ServiceConfigInput;
}

/** A key without a value (all lines below it may be commented out) counts as left out. */
function given(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(given);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const pairs = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(pairs.map(([key, one]) => [key, given(one)]));
}

/** Fills in what is left out. Throws `configInvalid` naming the key. */
export function completeConfig(input: ServiceConfigInput): ServiceConfig {
  return check(input, () => 'settings');
}

function check(input: unknown, place: PlaceOf): ServiceConfig {
  const result = serviceConfigSchema.safeParse(input);
  if (result.success) {
    return result.data;
  }
  const problems = result.error.issues.map((issue) => problem(issue, place));
  const [first, ...more] = problems as [string, ...string[]];
  const text = more.length === 0 ? first : `${first} (and ${more.length} more: ${more.slice(0, 4).join('; ')})`;
  throw new TcpscopeError(errorKinds.configInvalid, [text]);
}

function problem(issue: z.core.$ZodIssue, place: PlaceOf): string {
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys as [string];
    return `${place([...issue.path, key])}: ${nameOf([...issue.path, key])} is no setting`;
  }
  return `${place(issue.path)}: ${nameOf(issue.path)}: ${messageOf(issue)}`;
}

function messageOf(issue: z.core.$ZodIssue): string {
  const kinds = issue.code === 'invalid_union' ? issue.errors.flat() : [];
  const expected = kinds.flatMap((kind) => (kind.code === 'invalid_type' ? [kind.expected] : []));
  return expected.length === 0 ? issue.message : `Invalid input: expected ${expected.join(' or ')}`;
}

/** `capture[0].ring` */
function nameOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || 'the configuration';
}

/** Where a setting stands; the nearest thing around it when it is missing. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const around = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(around)) {
      const pair = around.items.find(({ key }) => isScalar(key) && key.value === last);
      if (pair !== undefined && isNode(pair.key) && pair.key.range) {
        return pair.key.range[0];
      }
    }
    const found = document.getIn(path.slice(0, length), true);
    if (isNode(found) && found.range) {
      return found.range[0];
    }
  }
  return 0;
}
