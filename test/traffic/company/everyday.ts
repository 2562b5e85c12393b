import { MILLISECOND, SECOND, type Connection, type Side } from '../play/connection.js';
import type { Host, Service } from '../play/host.js';
import type { Random } from '../play/random.js';
import type { Script, Stage } from '../play/stage.js';
import type { Pace } from './pace.js';
import type { Network } from './network.js';

/** A kind of ordinary traffic. */
interface Kind {
  readonly name: string;
  /** Share of the packets of ordinary traffic. */
  readonly share: number;
  /** Packets of one connection of it on average, to know how many connections make the share. */
  readonly packets: number;
  readonly lasting?: boolean;
  client(network: Network, random: Random): Host;
  service(network: Network, random: Random, client: Host): Service;
  play(connection: Connection, random: Random): Script;
}

const desks = (network: Network, random: Random) =>
  random.chance(0.14) ? random.favourite(network.vpn) : random.favourite(network.desks);

const kinds: readonly Kind[] = [
  {
    name: 'shop',
    share: 0.22,
    packets: 62,
    client: (network, random) => random.favourite(random.chance(0.2) ? network.customers6 : network.customers),
    service: ({ services }, _random, client) => (client.bytes.length === 16 ? services.shop6 : services.shop),
    play: (connection, random) => browse(connection, random, random.whole(1, 4), 9000),
  },
  {
    name: 'balanced',
    share: 0.17,
    packets: 65,
    lasting: true,
    client: (network) => network.balancer,
    service: ({ services }, random) => random.pick(services.web),
    play: keepAlive,
  },
  {
    name: 'intranet',
    share: 0.15,
    packets: 98,
    client: (network, random) => desks(network, random),
    service: ({ services }) => services.intranet,
    play: (connection, random) => browse(connection, random, random.whole(1, 6), 12_000),
  },
  {
    name: 'inner-apps',
    share: 0.05,
    packets: 50,
    client: (network, random) => desks(network, random),
    service: ({ services }, random) => random.pick(services.inner),
    play: (connection, random) => browse(connection, random, random.whole(2, 6), 3000),
  },
  {
    name: 'cloud',
    share: 0.11,
    packets: 104,
    client: (network, random) => desks(network, random),
    service: ({ services }, random) => random.favourite(services.clouds),
    play: (connection, random) => browse(connection, random, random.whole(1, 5), 15_000),
  },
  {
    name: 'files',
    share: 0.1,
    packets: 750,
    client: (network, random) => random.favourite(network.paris),
    service: ({ services }) => services.files,
    play: copyFiles,
  },
  {
    name: 'mail-in',
    share: 0.02,
    packets: 41,
    client: (network, random) => random.favourite(network.customers),
    service: ({ services }) => services.mailIn,
    play: deliverMail,
  },
  {
    name: 'mailbox',
    share: 0.03,
    packets: 69,
    client: (network, random) => desks(network, random),
    service: ({ services }) => services.mailbox,
    play: (connection, random) => browse(connection, random, random.whole(2, 8), 4000),
  },
  {
    name: 'dns',
    share: 0.01,
    packets: 10,
    client: (network, random) => random.pick(network.appServers),
    service: ({ services }) => services.dns,
    play: askName,
  },
  {
    name: 'ssh',
    share: 0.02,
    packets: 700,
    lasting: true,
    client: (network, random) => random.favourite(random.chance(0.5) ? network.vpn : network.paris),
    service: ({ services }) => services.bastion,
    play: typeCommands,
  },
  {
    name: 'tunnel',
    share: 0.02,
    packets: 1200,
    lasting: true,
    client: (network, random) => random.favourite(network.customers),
    service: ({ services }) => services.vpn,
    play: tunnel,
  },
  {
    name: 'nantes',
    share: 0.03,
    packets: 63,
    client: (network, random) => random.favourite(network.nantes),
    service: ({ services }) => services.shop6,
    play: (connection, random) => browse(connection, random, random.whole(1, 4), 9000),
  },
];

/** Pools of connections that application servers keep to their databases. */
const pools = [
  { name: 'postgres', share: 0.05, size: 24, database: (network: Network) => network.services.postgres },
  { name: 'mysql', share: 0.03, size: 12, database: (network: Network) => network.services.mysql },
  { name: 'redis', share: 0.02, size: 8, database: (network: Network) => network.services.redis },
] as const;

/** Starts all ordinary traffic. */
export function startEveryday(stage: Stage, network: Network, pace: Pace, seeds: Random): void {
  for (const kind of kinds) {
    stage.start(arrivals(stage, network, pace, kind, seeds.fork(kind.name)));
  }
  for (const pool of pools) {
    const random = seeds.fork(pool.name);
    const packetsPerQuery = 3;
    for (let place = 0; place < pool.size; place++) {
      const wait = () => random.exponential((pool.size * packetsPerQuery) / (pool.share * pace.rate(stage.now)));
      stage.start(pooled(stage, network, pool.name, pool.database(network), random, wait));
    }
  }
}

function* arrivals(stage: Stage, network: Network, pace: Pace, kind: Kind, random: Random): Script {
  for (;;) {
    const rate = (pace.rate(stage.now) * kind.share) / kind.packets;
    // A look at the pace at least every few seconds, whatever chance says: arrivals have no memory.
    const wait = random.exponential(1 / rate);
    if (wait > 5) {
      yield stage.now + 5 * SECOND;
      continue;
    }
    yield stage.now + Math.round(wait * SECOND);
    const client = kind.client(network, random);
    const service = kind.service(network, random, client);
    const story = client.site.incident ?? kind.name;
    const cast = { client, service, story, random, lasting: kind.lasting === true };
    stage.connect(cast, (connection) => kind.play(connection, random));
  }
}

/** A place in a pool: a connection, and when it has served its time, the next. */
function* pooled(
  stage: Stage,
  network: Network,
  story: string,
  service: Service,
  random: Random,
  wait: () => number
): Script {
  yield stage.now + Math.round(random.between(0, 20) * SECOND);
  for (;;) {
    const client = random.pick(network.appServers);
    const life = random.between(900, 3600) * SECOND;
    const end = stage.now + life;
    stage.connect({ client, service, story, random, lasting: true }, (connection) =>
      query(stage, connection, random, end, wait)
    );
    yield Math.round(end + SECOND);
  }
}

function* query(stage: Stage, connection: Connection, random: Random, end: number, wait: () => number): Script {
  connection.open();
  yield* connection.exchange(random.whole(90, 300), 2 * MILLISECOND, 350);
  for (;;) {
    const next = stage.now + wait() * SECOND;
    if (next > end) {
      break;
    }
    connection.at = Math.max(connection.at, Math.round(next));
    yield connection.at;
    const answer = random.size(400, 1.3);
    yield* connection.exchange(random.size(160, 0.6), random.exponential(2 * MILLISECOND), Math.min(answer, 200_000));
  }
  connection.at = Math.max(connection.at, Math.round(end));
  yield connection.at;
  connection.close('client');
}

/** The messages of a TLS 1.3 handshake, without what the server sends last. */
export function* secure(connection: Connection, random: Random): Script {
  yield* connection.exchange(random.whole(517, 640), random.exponential(3 * MILLISECOND), random.whole(2600, 4200));
}

/** Pages over HTTPS, with pauses; one of the sides closes. */
function* browse(connection: Connection, random: Random, requests: number, median: number): Script {
  if (!connection.open()) {
    return;
  }
  yield* secure(connection, random);
  for (let i = 0; i < requests; i++) {
    if (i > 0) {
      connection.wait(random.exponential(1.5 * SECOND));
      yield connection.at;
    }
    if (!(yield* answered(connection, random, random.size(700, 0.4), random.size(median, 1.1), 25))) {
      return;
    }
  }
  connection.wait(random.exponential(random.chance(0.5) ? 5 * MILLISECOND : 2 * SECOND));
  yield connection.at;
  connection.close(random.chance(0.6) ? 'client' : 'server');
}

/** The balancer's connection to a web server: many requests one after the other. */
function* keepAlive(connection: Connection, random: Random): Script {
  if (!connection.open()) {
    return;
  }
  const requests = random.whole(2, 10);
  for (let i = 0; i < requests; i++) {
    if (!(yield* answered(connection, random, random.size(900, 0.3), random.size(5000, 1), 18))) {
      return;
    }
    connection.wait(random.exponential(2 * SECOND));
    yield connection.at;
  }
  connection.close('client');
}

/**
 * A request and its answer. When the service has gone meanwhile, its host answers with a RST instead.
 * @param thinking mean time the server takes, milliseconds
 */
function* answered(
  connection: Connection,
  random: Random,
  request: number,
  answer: number,
  thinking: number
): Generator<number, boolean, void> {
  const wasDown = connection.isDown;
  connection.request(request, wasDown ? 0 : random.exponential(thinking * MILLISECOND));
  yield connection.at;
  if (connection.isDown) {
    if (wasDown) {
      connection.stateless('server'); // the process is gone, the host knows the connection no more
    } else {
      connection.reset('server'); // killed with the request unread or unanswered
    }
    return false;
  }
  yield* connection.transfer('server', Math.min(answer, 400_000));
  return true;
}

function* copyFiles(connection: Connection, random: Random): Script {
  connection.open();
  for (let i = 0; i < 4; i++) {
    yield* connection.exchange(random.whole(120, 400), MILLISECOND, random.whole(150, 500));
  }
  const files = random.whole(1, 4);
  for (let i = 0; i < files; i++) {
    const side: Side = random.chance(0.7) ? 'server' : 'client';
    connection.request(180, MILLISECOND);
    yield connection.at;
    yield* connection.transfer(side, Math.min(random.size(180_000, 1), 6_000_000));
    connection.wait(random.exponential(4 * SECOND));
    yield connection.at;
  }
  connection.close('client');
}

function* deliverMail(connection: Connection, random: Random): Script {
  connection.open();
  yield* connection.transfer('server', 90);
  for (const [request, answer] of [
    [30, 220],
    [45, 14],
    [40, 14],
    [6, 37],
  ] as const) {
    yield* connection.exchange(request, random.exponential(8 * MILLISECOND), answer);
  }
  yield* connection.transfer('client', Math.min(random.size(9000, 1.2), 3_000_000));
  connection.message('server', 60).reach('client').message('client', 6).reach('server').message('server', 20);
  connection.close('server');
}

function* askName(connection: Connection, random: Random): Script {
  connection.open();
  yield* connection.exchange(random.whole(35, 80), random.exponential(2 * MILLISECOND), random.whole(600, 2400));
  connection.close('client');
}

function* typeCommands(connection: Connection, random: Random): Script {
  connection.open();
  yield* connection.exchange(41, 5 * MILLISECOND, 41);
  yield* connection.exchange(1400, 8 * MILLISECOND, 1100);
  const commands = random.whole(5, 30);
  for (let i = 0; i < commands; i++) {
    const letters = random.whole(3, 14);
    for (let letter = 0; letter < letters; letter++) {
      yield* connection.exchange(36, 300_000, 36);
      connection.wait(random.between(0.08, 0.35) * SECOND);
      yield connection.at;
    }
    yield* connection.exchange(36, random.exponential(60 * MILLISECOND), random.size(900, 1));
    connection.wait(random.exponential(12 * SECOND));
    yield connection.at;
  }
  connection.close('client');
}

function* tunnel(connection: Connection, random: Random): Script {
  connection.open();
  yield* connection.exchange(90, 3 * MILLISECOND, 1200);
  const exchanges = random.whole(100, 300);
  for (let i = 0; i < exchanges; i++) {
    yield* connection.exchange(random.size(220, 0.8), random.exponential(20 * MILLISECOND), random.size(900, 1));
    connection.wait(random.exponential(1.6 * SECOND));
    yield connection.at;
  }
  connection.close('client');
}
