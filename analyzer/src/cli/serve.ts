import type { Command } from 'commander';
import { startService } from '../service/index.js';
import { createLog } from './log.js';
import { exitStatus } from './output.js';
import { addApiOptions, addCommonOptions, settingsOf, type ApiOptions, type CommonOptions } from './settings.js';
import { endRequested } from './signals.js';

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('answer queries over what is stored, without capturing')
    .description(
      'Serves the HTTP API over the store: what a former capture or "tcpscope import" has put there. Files can be imported ' +
        'while it runs. "tcpscope capture" serves the API too; one process at a time owns a store.'
    );
  addApiOptions(addCommonOptions(command))
    .addHelpText(
      'after',
      '\nEnvironment:\n  TCPSCOPE_TOKEN  what callers must send as "authorization: Bearer TOKEN"; needed beyond 127.0.0.1\n\n' +
        'Examples:\n  tcpscope serve\n  TCPSCOPE_TOKEN=$(openssl rand -hex 16) tcpscope serve --host 0.0.0.0 --store /var/lib/tcpscope'
    )
    .action(async (options: CommonOptions & ApiOptions) => {
      const config = settingsOf(options);
      const log = createLog(config.log.level);
      const ending = endRequested();
      const service = await startService({ config, capture: false, log, command: 'tcpscope serve' });
      log.info({ signal: await ending }, 'stopping');
      await service.stop();
      process.exitCode = exitStatus.ok;
    });
}
