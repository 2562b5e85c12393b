import type { Command } from 'commander';
import { count, counted } from '../report/index.js';
import { importFiles, type ImportOutcome } from '../service/index.js';
import { createLog } from './log.js';
import { workerCount } from './options.js';
import { complain, exitStatus, writeOut } from './output.js';
import { Progress } from './progress.js';
import { addCommonOptions, addPacketOptions, settingsOf, type CommonOptions, type PacketOptions } from './settings.js';

interface ImportCommandOptions extends CommonOptions, PacketOptions {
  readonly workers: number;
}

export function addImport(program: Command): void {
  const command = program
    .command('import')
    .summary('read capture files into the store')
    .description(
      'Reads capture files (pcap or pcapng, either byte order, also gzipped) into the store, where queries find them at the ' +
        'time they were captured. The same files are stored once, however often they are imported. Works while a capture or ' +
        '"tcpscope serve" runs on the store.'
    )
    .argument('<file...>', 'capture files; several are taken together in order of time')
    .option('--workers <n>', 'threads that share the work; the result is the same', workerCount, 1);
  addCommonOptions(addPacketOptions(command))
    .addHelpText(
      'after',
      '\nExamples:\n  tcpscope import monday.pcapng.gz\n  tcpscope import --probe branch-office *.pcap\n\n' +
        'Exit status: 0 everything is stored, 1 a file is damaged, or changed while it was read (what was readable is\n' +
        'stored), 2 wrong usage, unreadable file or the rows could not be stored.'
    )
    .action(async (files: string[], options: ImportCommandOptions) => {
      process.exitCode = await importInto(files, options);
    });
}

async function importInto(files: readonly string[], options: ImportCommandOptions): Promise<number> {
  const config = settingsOf(options);
  const progress = new Progress('reading');
  const outcome = await importFiles(files, {
    config,
    workers: options.workers,
    // What goes wrong is said by the error at the end; the log is for those who look into it.
    log: createLog(config.log.level === 'debug' ? 'debug' : 'error'),
    onProgress: (read, size) => progress.show(read, size),
    onRead: () => progress.say('storing the rows'),
    onWaiting: (reason) => {
      progress.clear();
      process.stderr.write(`tcpscope: ${reason}; the import goes on when that is over\n`);
    },
  });
  progress.clear();
  await writeOut([summary(outcome, config.store.folder)]);
  outcome.read.damage.forEach(complain);
  return outcome.read.damage.length > 0 ? exitStatus.damaged : exitStatus.ok;
}

function summary({ read, rows, span, handedOver }: ImportOutcome, folder: string): string {
  const { packets } = read;
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const where = handedOver ? `handed over to the process that owns ${folder}` : `in ${folder}`;
  const lines = [
    `${counted(packets.read, 'packet')} read, ${count(packets.tcp)} of them TCP`,
    rows.stored === 0 && rows.duplicate > 0
      ? `nothing new: all ${counted(rows.duplicate, 'row')} were imported before`
      : `${counted(rows.stored, 'row')} stored ${where}${rows.duplicate > 0 ? `, ${count(rows.duplicate)} were there before` : ''}`,
    ...(span === null
      ? []
      : [`windows from ${time(span.from)} to ${time(span.to)} UTC: set Grafana's time range to these`]),
  ];
  return `${lines.join('\n')}\n`;
}
