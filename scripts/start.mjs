// npm start: installs, builds, captures on the default interface and answers on http://127.0.0.1:8477, with a Grafana
// beside it where there is one. Options go to "tcpscope capture": npm start -- -i eth1
// Without permission to capture (or with --demo) it plays the traffic of a made-up company instead.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, partNames } from './build.mjs';
import { forgetLastDemo } from './demo-store.mjs';
import { findGrafana, startGrafana } from './grafana.mjs';
import { install } from './install.mjs';
import { root } from './run.mjs';

const args = process.argv.slice(2);
const demo = args.includes('--demo');
const options = args.filter((arg) => arg !== '--demo');
const say = (text) => console.log(text);
const valueOf = (name, otherwise) => (options.includes(name) ? options[options.indexOf(name) + 1] : otherwise);

const port = valueOf('--port', '8477');
const url = `http://127.0.0.1:${port}`;
const token = process.env.TCPSCOPE_TOKEN ?? '';
const grafanaPort = Number(process.env.GRAFANA_PORT ?? 3000);
const cli = join(root, 'analyzer/dist/cli.js');

/** Processes that end with this one. */
const children = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    ending = true;
    // In a terminal Ctrl-C reaches them by itself; a second one would end them before they have stored what they hold.
    if (signal === 'SIGTERM' || !process.stdin.isTTY) {
      children.forEach((child) => child.kill('SIGTERM'));
    }
  });
}
let ending = false;

function follow(child) {
  children.add(child);
  child.on('close', () => children.delete(child));
  return child;
}

/** Resolves with the exit status and what was said on stderr. */
function ended(child, { listen = false } = {}) {
  let said = '';
  if (listen) {
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      process.stderr.write(text);
    });
  }
  return new Promise((resolve) => child.on('close', (status) => resolve({ status: status ?? 1, said })));
}

async function offerGrafana() {
  const grafana = await findGrafana();
  if (grafana === null) {
    say(`
No Grafana was found on this machine. To see it in yours (12.3 or later):
  1. Give it the plugin: copy the folder dist to GRAFANA_PLUGINS/tcpscope-tcpevents-datasource and set
     GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=tcpscope-tcpevents-datasource
  2. Connections > Add new connection > TCP Events, URL ${url}${token === '' ? '' : ', your token'}
  3. On the data source's page, the tab Dashboards imports the dashboards; begin with "TCP events".
  Or give it provisioning/ as its provisioning folder, which does 2 and 3 and adds the alert rules.
`);
    return;
  }
  const child = follow(
    startGrafana(grafana, { folder: join(root, 'tcpscope-data/grafana'), url, token, port: grafanaPort })
  );
  child.on('close', (status) => {
    if (!ending && status !== 0) {
      say(`Grafana has ended with status ${status}: tcpscope-data/grafana/grafana.log says why.`);
    }
  });
  say(`\nStarting ${grafana.version}: http://127.0.0.1:${grafanaPort} (admin, admin), dashboards in the folder TCP\n`);
}

async function capture() {
  const child = follow(
    spawn(process.execPath, [cli, 'capture', ...options], { stdio: ['inherit', 'inherit', 'pipe'] })
  );
  return ended(child, { listen: true });
}

/** Prepares the store of the demo, and says what to know of it. */
function whereItIsKept(own) {
  if (own === null) {
    forgetLastDemo('tcpscope-demo');
    return 'It is kept apart from real data, in tcpscope-demo, and its rows say probe = demo. Each demo begins with an empty store.';
  }
  return existsSync(own)
    ? `It is added to what ${own} holds; its rows say probe = demo. An earlier demo in there is counted a second time.`
    : `It is kept in ${own}, and its rows say probe = demo.`;
}

async function playDemo() {
  say(`
DEMO: what follows is generated traffic of a made-up company, played from three hours ago into the present.
${whereItIsKept(valueOf('--store', null))}
`);
  const node = process.execPath;
  const traffic = follow(
    spawn(node, ['--import', 'tsx', 'test/traffic/generate.ts', '--live', '--from', 'now-3h'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  );
  const config = join(root, 'test/traffic/company.yaml');
  const analyzer = follow(
    spawn(node, [cli, 'capture', '--read', '-', '--config', config, '--store', 'tcpscope-demo', ...options], {
      stdio: [traffic.stdout, 'inherit', 'inherit'],
    })
  );
  // The analyzer holds the other end now.
  traffic.stdout.destroy();
  const { status } = await ended(analyzer);
  traffic.kill();
  return status;
}

try {
  await install(say);
  await build(partNames, say);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
await offerGrafana();
let status = 0;
if (demo) {
  status = await playDemo();
} else {
  const captured = await capture();
  status = captured.status;
  if (!ending && /TCPS_E_CAPTURE_(NOT_PERMITTED|UNSUPPORTED)/.test(captured.said)) {
    say(`
To capture, run it as root (sudo npm start), or let this Node capture for everybody who may run it:
  sudo setcap cap_net_raw+ep ${process.execPath}`);
    status = await playDemo();
  }
}
children.forEach((child) => child.kill('SIGTERM'));
process.exitCode = status;
