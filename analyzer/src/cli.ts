#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addCapture } from './cli/capture.js';
import { addExplain } from './cli/explain.js';
import { addImport } from './cli/import.js';
import { addReport } from './cli/report.js';
import { addServe } from './cli/serve.js';
import { complain, exitStatus } from './cli/output.js';
import { errorKinds, TcpscopeError } from './errors.js';
import { version } from './version.js';

const program = new Command()
  .name('tcpscope')
  .description('See how TCP connections end, who ended them and why.')
  .version(version, '--version', 'print the version')
  .showHelpAfterError('(tcpscope --help, tcpscope COMMAND --help)')
  .configureOutput({
    outputError: (text) => complain(new TcpscopeError(errorKinds.usage, [text.replace(/^error: |\.?\n$/g, '')])),
  })
  .exitOverride();
addCapture(program);
addExplain(program);
addImport(program);
addReport(program);
addServe(program);

// Whoever read it has gone, or its disk is full. What cannot be told is in the exit status still; it is no crash.
process.stderr.on('error', () => {});
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  process.exitCode = code === 'EPIPE' ? process.exitCode : exitStatus.failed;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are no errors; everything else has already been said.
    process.exitCode = error.exitCode === 0 ? exitStatus.ok : exitStatus.failed;
  } else {
    complain(error);
    process.exitCode = exitStatus.failed;
  }
}
