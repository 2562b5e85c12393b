import type { Command } from 'commander';
import type { DedupMode } from '../decode/index.js';
import { completeConfig, readConfig, type ServiceConfig, type ServiceConfigInput } from '../service/index.js';
import { dedupOption, portNumber } from './options.js';

/** Options that long-running commands have in common. */
export interface CommonOptions {
  readonly config?: string;
  readonly store?: string;
  readonly probe?: string;
}

/** Options of commands that read packets into the store. */
export interface PacketOptions {
  readonly dedup?: DedupMode;
  readonly separateVlans?: boolean;
}

export interface ApiOptions {
  readonly host?: string;
  readonly port?: number;
}

export function addConfigOption(command: Command): Command {
  return command.option('--config <file>', 'settings in YAML (docs/configuration.md); options here come before them');
}

export function addCommonOptions(command: Command): Command {
  return addConfigOption(command)
    .option('--store <folder>', 'where rows are kept (default: tcpscope-data)')
    .option('--probe <name>', 'name of this analyzer in its rows (default: the name of the host)');
}

export function addPacketOptions(command: Command): Command {
  return command
    .addOption(dedupOption())
    .option('--separate-vlans', 'the same addresses and ports in another VLAN are another connection');
}

export function addApiOptions(command: Command): Command {
  return command
    .option('--host <address>', 'address the API listens on (default: 127.0.0.1)')
    .option('--port <number>', 'port the API listens on (default: 8477; 0 for any that is free)', portNumber);
}

type Captures = ServiceConfigInput['capture'];

/** Settings of the file, then the environment, then the command line. Throws `configUnreadable`, `configInvalid`. */
export function settingsOf(
  options: CommonOptions & ApiOptions & PacketOptions,
  capturesOf?: (ofFile: Captures) => Captures
): ServiceConfig {
  const file = options.config === undefined ? {} : readConfig(options.config);
  const token = process.env['TCPSCOPE_TOKEN'];
  return completeConfig({
    ...file,
    ...given({
      probe: options.probe,
      capture: capturesOf?.(file.capture),
      dedup: options.dedup,
      separateVlans: options.separateVlans,
    }),
    store: { ...file.store, ...given({ folder: options.store }) },
    api: { ...file.api, ...given({ token: token === '' ? undefined : token, host: options.host, port: options.port }) },
  });
}

/** Without the settings that nobody gave. */
function given<T extends object>(settings: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as never;
}
