// Finds a Grafana on this machine and starts it with the plugin, its data source, dashboards and alert rules.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './run.mjs';

const plugin = 'tcpscope-tcpevents-datasource';
const image = 'grafana/grafana';

/** How a Grafana can be started here, or null. Nothing is downloaded: an image must be there already. */
export async function findGrafana() {
  for (const command of ['grafana', 'grafana-server']) {
    const { status, output } = await run(command, ['-v']);
    if (status === 0) {
      return { kind: 'binary', command, version: output.trim().split('\n')[0] };
    }
  }
  const { status, output } = await run('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', image]);
  const [tag] = status === 0 ? output.trim().split('\n') : [];
  return tag ? { kind: 'docker', image: tag, version: tag } : null;
}

/**
 * Starts it on 127.0.0.1. Resolves with the child process; what it says goes to a file in `folder`.
 * @param {{kind: string, command?: string, image?: string}} grafana
 * @param {{folder: string, url: string, token: string, port: number}} settings
 */
export function startGrafana(grafana, { folder, url, token, port }) {
  mkdirSync(join(folder, 'plugins'), { recursive: true });
  const settings = {
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_SERVER_HTTP_PORT: String(port),
    GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS: plugin,
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    TCPSCOPE_URL: url,
    TCPSCOPE_TOKEN: token,
  };
  const child = grafana.kind === 'binary' ? native(grafana.command, settings, folder) : docker(grafana.image, settings);
  const log = createWriteStream(join(folder, 'grafana.log'));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return child;
}

function native(command, settings, folder) {
  // Grafana looks for plugins in the folders of one folder.
  const place = join(folder, 'plugins', plugin);
  rmSync(place, { force: true });
  symlinkSync(join(root, 'dist'), place);
  const env = {
    ...process.env,
    ...settings,
    GF_PATHS_DATA: folder,
    GF_PATHS_LOGS: join(folder, 'logs'),
    GF_PATHS_PLUGINS: join(folder, 'plugins'),
    GF_PATHS_PROVISIONING: join(root, 'provisioning'),
    TCPSCOPE_DASHBOARDS: join(root, 'dist/dashboards'),
  };
  const home = ['/usr/share/grafana', '/opt/homebrew/share/grafana', '/usr/local/share/grafana'].find(existsSync);
  const args = [...(command === 'grafana' ? ['server'] : []), ...(home === undefined ? [] : ['--homepath', home])];
  return spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function docker(tag, settings) {
  const inside = `/var/lib/grafana/plugins/${plugin}`;
  const all = { ...settings, TCPSCOPE_DASHBOARDS: `${inside}/dashboards` };
  const env = Object.entries(all).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  const folders = [
    '-v',
    `${join(root, 'dist')}:${inside}:ro`,
    '-v',
    `${join(root, 'provisioning')}:/etc/grafana/provisioning:ro`,
  ];
  return spawn('docker', ['run', '--rm', '--pull', 'never', '--network', 'host', ...env, ...folders, tag], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
