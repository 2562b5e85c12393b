import { SECOND, type Connection } from '../play/connection.js';
import { Service } from '../play/host.js';
import { linux, windows } from '../play/stack.js';
import type { Script } from '../play/stage.js';
import { after, type Scene, type Story } from './story.js';

/** Opens; what stands in spite of all is closed again. */
function* tryIt(connection: Connection): Script {
  if (connection.open()) {
    connection.close('client');
  }
}

/** Somebody still connects to the address of the VPN gateway that was retired. */
const retiredVpn: Story = {
  name: 'retired-vpn',
  about: 'clients still configured for the retired VPN gateway: port 1194 refuses, they retry for hours',
  first: 3,
  every: 10,
  closes: ['refused'],
  *play({ network, connect, turn }) {
    const { retiredVpn: service } = network.services;
    service.outage = 'retired-vpn';
    connect(laptop(network), service, tryIt);
    if (turn % 3 === 0) {
      connect(network.customers[40 + (turn % 4)] ?? laptop(network), service, tryIt);
    }
  },
};

const laptops = new WeakMap<Scene['network'], ReturnType<Scene['network']['host']>>();

/** The stale client of the story, the same in every turn. */
function laptop(network: Scene['network']) {
  let host = laptops.get(network);
  if (host === undefined) {
    host = network.host('10.1.4.77', windows, network.sites.paris);
    laptops.set(network, host);
  }
  return host;
}

const webRestart: Story = {
  name: 'web-restart',
  about: 'a web server crashes: RST on connections that stand, refusals until it is back',
  first: 150,
  every: 720,
  closes: ['refused', 'rst'],
  *play({ stage, network, random, turn }) {
    const service = network.services.web[turn % 3];
    if (service === undefined) {
      return;
    }
    service.outage = 'web-restart';
    yield after(stage, random.between(45, 80));
    service.outage = null;
  },
};

const serviceDown: Story = {
  name: 'service-down',
  about: 'a service inside stops: every client is refused and tries again until it is started',
  first: 420,
  every: 840,
  closes: ['refused', 'rst'],
  *play({ stage, network, random, turn, size, connect }) {
    const service = network.services.inner[turn % 4] as Service;
    const end = stage.now + random.between(90, 180) * SECOND;
    service.outage = 'service-down';
    while (stage.now < end) {
      connect(random.pick(network.desks), service, tryIt);
      yield after(stage, random.exponential(0.7 / size));
    }
    service.outage = null;
  },
};

const rejectedOnPath: Story = {
  name: 'firewall-reject',
  about: 'a firewall answers in the name of the mail server: RST with another time to live than its own',
  first: 20,
  every: 40,
  closes: ['refused'],
  *play({ network, random, connect }) {
    connect(random.pick(network.lyon), network.services.mailDesktop, function* (connection) {
      connection.syn().wait(90_000).refuse(254);
    });
  },
};

const scanned = new WeakMap<Scene['network'], ReturnType<Scene['network']['host']>>();

const portScan: Story = {
  name: 'port-scan',
  about: 'a host probes hundreds of ports of a server: most refuse, two are open, some are filtered',
  first: 240,
  every: 660,
  closes: ['refused', 'setupabort', 'noanswer'],
  *play({ stage, network, random, size, connect }) {
    const scanner = scanned.get(network) ?? network.host('10.1.7.66', linux, network.sites.paris);
    scanned.set(network, scanner);
    const target = network.services.web[0]?.host ?? network.balancer;
    const ports = Math.min(5000, Math.round(400 * size));
    const first = scanner.takePort();
    for (let port = 1; port <= ports; port++) {
      const service = new Service(target, port);
      const open = port === 22 || port === 80;
      const filtered = port % 11 === 3;
      service.outage = open ? null : 'port-scan';
      connect(scanner, service, (connection) => probe(connection, filtered), first);
      yield after(stage, random.exponential(0.04));
    }
  },
};

function* probe(connection: Connection, filtered: boolean): Script {
  if (filtered) {
    connection.syn();
  } else if (connection.isDown) {
    connection.open();
  } else {
    connection.syn().reach('server').synAck().reach('client').stateless('client');
  }
}

const hostSweep: Story = {
  name: 'host-sweep',
  about: 'an infected desk in Lyon looks for file sharing on every address of a network in Paris',
  first: 560,
  every: 780,
  closes: ['refused', 'noanswer'],
  *play({ stage, network, random, size, connect }) {
    const sweeper = network.host('10.2.7.13', windows, network.sites.lyon);
    const targets = Math.min(250, Math.round(160 * size));
    for (let i = 0; i < targets; i++) {
      const exists = random.chance(0.2);
      const service = new Service(network.host(`10.1.60.${1 + i}`, windows, network.sites.paris), 445);
      service.outage = exists ? 'host-sweep' : null;
      connect(sweeper, service, exists ? tryIt : unanswered);
      yield after(stage, random.exponential(0.25));
    }
  },
};

/** SYN after SYN, each after a longer wait, until the client gives up. */
export function* unanswered(connection: Connection): Script {
  connection.syn();
  for (const wait of connection.client.host.stack.synWaits) {
    connection.wait(wait * SECOND);
    yield connection.at;
    connection.syn(true);
  }
}

const healthCheck: Story = {
  name: 'health-check',
  about: 'the load balancer looks whether web servers listen: SYN, SYN+ACK, RST',
  first: 1,
  every: 6,
  closes: ['setupabort'],
  *play({ network, connect }) {
    for (const service of network.services.web) {
      connect(network.balancer, service, (connection) => probe(connection, false));
    }
  },
};

export const refusals: readonly Story[] = [
  retiredVpn,
  webRestart,
  serviceDown,
  rejectedOnPath,
  portScan,
  hostSweep,
  healthCheck,
];
