import type { Command } from 'commander';
import { parseFilter, type Expression } from '@tcpscope/filter';
import { createEnrichment } from '../enrich/index.js';
import { readCaptures } from '../pipeline/index.js';
import { Collector, makeReport, reportJson, reportText } from '../report/index.js';
import { filterError } from './filter-error.js';
import { flowOf } from '../service/index.js';
import { choice, positiveInteger, workerCount } from './options.js';
import { complain, exitStatus, writeOut } from './output.js';
import { Progress } from './progress.js';
import { addConfigOption, addPacketOptions, settingsOf, type CommonOptions, type PacketOptions } from './settings.js';

interface ReportOptions extends Pick<CommonOptions, 'config'>, PacketOptions {
  readonly format: 'text' | 'json';
  readonly filter: string;
  readonly workers: number;
  readonly top: number;
}

export function addReport(program: Command): void {
  const command = program
    .command('report')
    .summary('read capture files and print what happened')
    .description(
      'Reads capture files (pcap or pcapng, either byte order, also gzipped; "-" is standard input) and prints which ' +
        'connections there were and how they ended. Nothing is stored. With several files the packets are taken in order of time.'
    )
    .argument('<file...>', 'capture files')
    .addOption(choice('--format <format>', 'how to print it', ['text', 'json'], 'text'))
    .option('--filter <expression>', 'only conversations that match, e.g. "rst.count > 0 and fin.count = 0"', '');
  addPacketOptions(addConfigOption(command))
    .option('--workers <n>', 'threads that share the work; the result is the same', workerCount, 1)
    .option('--top <n>', 'rows in each list of the text', positiveInteger, 10)
    .addHelpText(
      'after',
      '\nExamples:\n  tcpscope report capture.pcap\n  tcpscope report --filter "refused.count > 0" *.pcapng.gz\n' +
        `  tcpscope report --config tcpscope.yml --filter 'server.zone in "/Paris"' capture.pcap\n` +
        '  tcpdump -i eth0 -w - tcp | tcpscope report --format json -\n\n' +
        'Exit status: 0 read to the end, 1 a file is damaged (what was readable is reported), 2 wrong usage or unreadable file.'
    )
    .action(async (files: string[], options: ReportOptions) => {
      process.exitCode = await report(files, options);
    });
}

async function report(files: readonly string[], options: ReportOptions): Promise<number> {
  const filter = parseConversationFilter(options.filter);
  const config = settingsOf(options);
  const collector = new Collector(createEnrichment(config), {
    feed: config.feed,
    probe: options.config === undefined ? undefined : config.probe,
  });
  const progress = new Progress('reading');
  const result = await readCaptures(files, {
    workers: options.workers,
    flow: flowOf(config),
    onBatch: (batch) => collector.add(batch),
    onProgress: (read, size) => progress.show(read, size),
  });
  progress.clear();
  const made = makeReport(result.packets, collector, filter, config.findings);
  if (options.format === 'json') {
    await writeOut(reportJson(made));
  } else {
    await writeOut([
      reportText(made, {
        title: titleOf(files),
        top: options.top,
        ...(filter === null ? {} : { filter: options.filter }),
        color: process.stdout.isTTY === true && !process.env['NO_COLOR'],
        ...(process.stdout.isTTY ? { width: process.stdout.columns } : {}),
      }),
    ]);
  }
  result.damage.forEach(complain);
  return result.damage.length > 0 ? exitStatus.damaged : exitStatus.ok;
}

/** Names in the title of a page; the numbers are what one came for. */
const NAMED = 3;

function titleOf(files: readonly string[]): string {
  const names = files.map((file) => (file === '-' ? 'standard input' : file));
  const shown = names.length > NAMED + 1 ? [...names.slice(0, NAMED), `${names.length - NAMED} more`] : names;
  return shown.join(', ');
}

function parseConversationFilter(text: string): Expression | null {
  const parsed = parseFilter(text, 'windows', { variables: 'refuse' });
  if (!parsed.ok) {
    throw filterError(text, parsed.problem);
  }
  return parsed.expression;
}
