import type { Command } from 'commander';
import { createEnrichment } from '../enrich/index.js';
import { candidatesText, explainFile, explanationJson, explanationText } from '../explain/index.js';
import { counted } from '../report/index.js';
import { flowOf } from '../service/index.js';
import { choice } from './options.js';
import { complain, exitStatus, writeOut } from './output.js';
import { Progress } from './progress.js';
import { addConfigOption, addPacketOptions, settingsOf, type CommonOptions, type PacketOptions } from './settings.js';

interface ExplainOptions extends Pick<CommonOptions, 'config'>, PacketOptions {
  readonly format: 'text' | 'json';
  readonly slice?: string;
  readonly all: boolean;
}

/** Connections listed when a name fits several. */
const MOST_CANDIDATES = 30;

export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .summary('show one connection packet by packet, and why it ended')
    .description(
      'Shows one connection of a capture file: the packets between client and server with what is remarkable about them, ' +
        'why it ended, what else it could have been, and a Wireshark display filter for it.'
    )
    .argument('<file>', 'capture file')
    .argument(
      '[connection...]',
      '"client:port > server:port" or one end of it ("10.0.0.1:443", "10.0.0.1", ":443"), the number of a Wireshark ' +
        'stream ("7", "tcp.stream eq 7"), or an id; with "vlan 10" ("vlan none") behind the ends, those with these tags; may ' +
        'be left out where there is one connection only'
    )
    .addOption(choice('--format <format>', 'how to print it', ['text', 'json'], 'text'))
    .option(
      '--slice <file>',
      'write its packets to a capture file (pcap; pcapng by its name or for several link types)'
    )
    .option('--all', 'show every packet, also those that say nothing new', false);
  addPacketOptions(addConfigOption(command))
    .addHelpText(
      'after',
      '\nExamples:\n  tcpscope explain capture.pcap "10.0.0.1:40000 > 10.0.0.2:80"\n' +
        '  tcpscope explain capture.pcap 10.0.0.2:80\n  tcpscope explain --slice one.pcap capture.pcap tcp.stream eq 7\n\n' +
        'Exit status: 0 explained, 1 the file is damaged (what was readable is explained), 2 wrong usage, unreadable file, or a ' +
        'name that fits no connection or several, which are then listed.'
    )
    .action(async (file: string, connection: string[], options: ExplainOptions) => {
      process.exitCode = await explain(file, connection, options);
    });
}

async function explain(file: string, connection: readonly string[], options: ExplainOptions): Promise<number> {
  const config = settingsOf(options);
  const progress = new Progress('reading');
  const result = await explainFile(file, {
    name: connection.length === 0 ? null : connection.join(' '),
    all: options.all,
    flow: flowOf(config),
    enrichment: createEnrichment(config),
    feed: config.feed,
    slice: options.slice ?? null,
    onProgress: (read, size) => progress.show(read, size),
  });
  progress.clear();
  if (result.kind === 'candidates') {
    complain(result.error);
    const color = process.stderr.isTTY === true && !process.env['NO_COLOR'];
    process.stderr.write(candidatesText(result.candidates, { color, most: MOST_CANDIDATES }));
    result.damage.forEach(complain);
    return exitStatus.failed;
  }
  const { explanation, slice, damage } = result;
  if (options.format === 'json') {
    await writeOut([`${JSON.stringify(explanationJson(explanation), null, 2)}\n`]);
  } else {
    await writeOut([
      explanationText(explanation, {
        source: file,
        color: process.stdout.isTTY === true && !process.env['NO_COLOR'],
        ...(process.stdout.isTTY ? { width: process.stdout.columns } : {}),
      }),
    ]);
  }
  if (slice !== null) {
    process.stderr.write(
      `tcpscope: ${counted(slice.packets, 'packet')} written to ${options.slice} (${slice.format})\n`
    );
  }
  damage.forEach(complain);
  return damage.length > 0 ? exitStatus.damaged : exitStatus.ok;
}
