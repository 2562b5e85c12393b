import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { serviceConfigSchema } from '../../analyzer/src/service/config.js';
import { code, paragraphs, table, type Page } from './markdown.js';

/** The part of a JSON schema that is read here. */
interface Setting {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Setting>>;
  readonly required?: readonly string[];
  readonly items?: Setting;
  readonly anyOf?: readonly Setting[];
}

/** Every setting of a list, such as `capture[].ring`, or of a group, such as `store.folder`. */
export interface Documented {
  readonly path: string;
  readonly setting: Setting;
}

const sections: ReadonlyArray<readonly [key: string, title: string, intro: string]> = [
  [
    'capture',
    'capture',
    'A list: each entry is one place that packets come from, either `interface` or `read`. `-i` and `--read` of the command line replace the whole list.',
  ],
  [
    'zones',
    'zones',
    'A list of rules, tried by priority and then in their order; the first that matches both `subnets` and `vlans` names the zone. A zone includes those below it: `/Paris` in a filter finds `/Paris/Servers`.',
  ],
  [
    'applications',
    'applications',
    'A list of rules. Of those that match, the most precise one counts: a port comes before a range, a deeper zone before one above it.',
  ],
  [
    'findings',
    'findings',
    'From when on groups of connections are reported as a finding; [diagnosis.md](diagnosis.md) says what each finding is.',
  ],
  [
    'feed',
    'feed',
    'From when on a minute of a capture is too poor to say why connections ended; [feed-quality.md](feed-quality.md) says what is measured and why these are the limits. 1 switches a share off.',
  ],
  ['store', 'store', 'Where rows are kept and for how long; [storage.md](storage.md) says how.'],
  ['query', 'query', 'What one query may ask for. Where a limit cuts something off, the answer says so.'],
  ['api', 'api', 'Where the HTTP API listens and who may ask; [security.md](security.md) says what holds.'],
  ['log', 'log', 'Log lines go to standard error: JSON for programs, text in a terminal.'],
];

/** Defaults that differ from machine to machine. */
const said: Readonly<Record<string, string>> = {
  probe: 'name of the host',
  capture: 'the interface of the default route',
};

export const example = readFileSync(new URL('configuration-example.yml', import.meta.url), 'utf8');

/** What can be configured. */
const schemaOf = () => z.toJSONSchema(serviceConfigSchema, { io: 'input' }) as Setting;

/** The schema of a setting, with its default and below it. */
function schemaAt(path: string): z.ZodType {
  return path.split('.').reduce<z.ZodType>((schema, key) => {
    let found = schema;
    while (!(found instanceof z.ZodObject)) {
      found = (found instanceof z.ZodArray ? found.element : (found as z.ZodOptional).unwrap()) as z.ZodType;
    }
    return found.shape[key.replace('[]', '')] as z.ZodType;
  }, serviceConfigSchema);
}

/** What a number or a text with a unit is. A size says its range in the words of its refusal. */
function unitOf(path: string): string {
  const schema = schemaAt(path);
  if (schema.safeParse('1h').success) {
    return schema.safeParse('forever').success ? 'time span or `forever`' : 'time span';
  }
  const least = schema.safeParse('1');
  return least.success
    ? 'size'
    : `size; ${least.error.issues.map(({ message }) => message.replace(/^./, (first) => first.toLowerCase())).join('; ')}`;
}

/** All settings that hold a value, in the order of the schema. */
export function documentedSettings(schema: Setting = schemaOf(), path = ''): Documented[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, setting]) => {
    const own = path === '' ? key : `${path}.${key}`;
    if (setting.properties !== undefined) {
      return documentedSettings(setting, own);
    }
    const below = setting.items?.properties === undefined ? [] : documentedSettings(setting.items, `${own}[]`);
    return [...(below.length > 0 ? [] : [{ path: own, setting }]), ...below];
  });
}

function typeOf({ path, setting }: Documented): string {
  const { type, enum: values, items, ...limits } = setting;
  if (Array.isArray(type)) {
    return unitOf(path);
  }
  if (values !== undefined) {
    return values.map(code).join(', ');
  }
  if (items !== undefined) {
    return `list of ${items.anyOf === undefined ? plural(typeOf({ path, setting: items })) : 'numbers or ranges (`8000-8099`)'}`;
  }
  const { minimum, maximum, exclusiveMinimum, minLength, maxLength } = limits;
  if (type === 'integer' || type === 'number') {
    const whole = type === 'integer' ? 'whole number' : 'number';
    return minimum !== undefined
      ? `${whole}, ${minimum} to ${maximum}`
      : exclusiveMinimum === undefined
        ? whole
        : `${whole} above ${exclusiveMinimum}`;
  }
  if (type === 'boolean') {
    return '`true` or `false`';
  }
  const least = minLength !== undefined && minLength > 1 ? `${minLength} characters or more` : '';
  return ['text', least, maxLength === undefined ? '' : `at most ${maxLength} characters`].filter(Boolean).join(', ');
}

const plural = (type: string) => type.replace(/^whole number/, 'whole numbers').replace(/^text.*/, 'texts');

function defaultOf({ path, setting }: Documented): string {
  if (said[path] !== undefined) {
    return said[path];
  }
  const value = setting.default;
  return value === undefined ? '–' : code(typeof value === 'string' ? value : JSON.stringify(value));
}

function settingsTable(all: readonly Documented[]): string {
  return table(
    ['Setting', 'Meaning', 'Value', 'Default'],
    all.map((one) => [code(one.path), one.setting.description ?? '', typeOf(one), defaultOf(one)])
  );
}

export function configurationPage(): Page {
  const all = documentedSettings();
  const under = (key: string) => all.filter(({ path }) => path.startsWith(`${key}.`) || path.startsWith(`${key}[]`));
  const grouped = new Set(sections.flatMap(([key]) => under(key)));
  return {
    path: 'docs/configuration.md',
    title: 'Configuration',
    body: paragraphs(
      'Nothing needs to be configured: without a file, `tcpscope capture` takes the interface of the default route, keeps its rows in ' +
        '`tcpscope-data` and answers on `127.0.0.1:8477`. A file in YAML is given with `--config FILE` to `capture`, `import` and `serve`, and to `report` and `explain`, which take from it how packets become connections (`connections`, `serverPorts`, `dedup`, `separateVlans`), names (`zones`, `applications`, `wellKnownPorts`) and limits (`findings`, `feed`).',
      'What is given in several places is taken from the command line (`--store`, `--probe`, `--host`, `--port`, `-i`, `--read`, `--filter`), else from the environment ' +
        '(`TCPSCOPE_TOKEN` for `api.token`), else from the file, else it is the default. A file is checked as a whole before anything starts; ' +
        'a setting that is wrong or that there is not is refused with its line (`TCPS_E_CONFIG_INVALID`). It is read at the start only: restart the analyzer after a change.',
      '**Time spans** are written `90s`, `30m`, `12h`, `7d`, `4w`, `1y` (365 days), or as a number of seconds. **Sizes** are written `512MiB` or `2GB`, which ' +
        'both count in powers of 1024, or as a number of bytes.',
      settingsTable(all.filter((one) => !grouped.has(one))),
      ...sections.flatMap(([key, title, intro]) => [`## ${title}`, intro, settingsTable(under(key))]),
      '## Everything at once',
      `\`\`\`yaml\n${example}\`\`\``
    ),
  };
}
