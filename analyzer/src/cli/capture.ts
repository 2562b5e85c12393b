import type { Command } from 'commander';
import { defaultInterface } from '../capture/ring/interfaces.js';
import { startService, type Service, type ServiceConfigInput } from '../service/index.js';
import type { Log } from '../store/log.js';
import { LiveView } from './live-view.js';
import { createLog } from './log.js';
import {
  addApiOptions,
  addCommonOptions,
  addPacketOptions,
  settingsOf,
  type ApiOptions,
  type CommonOptions,
  type PacketOptions,
} from './settings.js';
import { exitStatus } from './output.js';
import { endRequested } from './signals.js';

interface CaptureOptions extends CommonOptions, ApiOptions, PacketOptions {
  readonly interface?: string[];
  readonly read?: string;
  readonly filter?: string;
  readonly page: boolean;
}

export function addCapture(program: Command): void {
  const command = program
    .command('capture')
    .summary('capture packets, store how connections end, and answer queries')
    .description(
      'Captures on network interfaces (the one of the default route when none is named), keeps windowed counts and every ' +
        'connection in the store, and serves the HTTP API that Grafana asks. In a terminal it shows a live page.'
    )
    .option('-i, --interface <name>', 'interface to capture on; may be given several times', collect)
    .option('--read <file>', 'instead of an interface: packets in capture format from a pipe, "-" is standard input')
    .option('--filter <expression>', 'kernel packet filter: "default", "none", or a tcpdump expression');
  addApiOptions(addCommonOptions(addPacketOptions(command)))
    .option('--no-page', 'log lines instead of the live page in a terminal')
    .addHelpText(
      'after',
      '\nEnvironment:\n  TCPSCOPE_TOKEN  what callers must send as "authorization: Bearer TOKEN"; needed beyond 127.0.0.1\n\n' +
        'Capturing needs the capability CAP_NET_RAW: run it as root, or see docs/operations.md.\n\n' +
        'Examples:\n  tcpscope capture\n  tcpscope capture -i eth1 --filter "tcp port 443 or (vlan and tcp port 443)"\n' +
        '  ssh router tcpdump -i any -U -s 256 -w - tcp | tcpscope capture --read -'
    )
    .action(async (options: CaptureOptions) => {
      process.exitCode = await capture(options);
    });
}

function collect(value: string, former: string[] | undefined): string[] {
  return [...(former ?? []), value];
}

async function capture(options: CaptureOptions): Promise<number> {
  const config = settingsOf(options, (ofFile) => capturesOf(options, ofFile));
  const view = options.page && process.stdout.isTTY ? new LiveView() : null;
  const log = createLog(config.log.level, view === null ? undefined : (line) => view.log(line));
  const ending = endRequested();
  let service: Service;
  try {
    service = await startService({ config, capture: true, log, command: 'tcpscope capture' });
  } catch (error) {
    view?.giveUp();
    throw error;
  }
  view?.start(service);
  void sayWhenRead(service, ending, log);
  log.info({ signal: await ending }, 'stopping, and storing what is open');
  await view?.stop();
  await service.stop();
  log.info({}, 'stopped');
  const failed = service.captures.snapshot().some(({ state }) => state === 'failed');
  return failed ? exitStatus.damaged : exitStatus.ok;
}

/** The captures that the command line asks for, else those of the file, else the interface of the default route. */
function capturesOf(
  { interface: interfaces = [], read, filter }: CaptureOptions,
  ofFile: ServiceConfigInput['capture'] = []
): ServiceConfigInput['capture'] {
  const named = [...interfaces.map((name) => ({ interface: name })), ...(read === undefined ? [] : [{ read }])];
  const wanted = named.length > 0 ? named : ofFile.length > 0 ? ofFile : [{ interface: defaultInterface() }];
  return filter === undefined ? wanted : wanted.map((one) => ({ ...one, filter }));
}

/** Says when all that was to be read has been read: what it gave is served until somebody ends it. */
async function sayWhenRead(service: Service, ending: Promise<NodeJS.Signals>, log: Log): Promise<void> {
  let asked = false;
  void ending.then(() => (asked = true));
  await service.captures.ended();
  if (!asked) {
    log.info({}, 'everything has been read; the API goes on answering until Ctrl-C');
  }
}
