import { ACK, RST, SYN } from '../frame.js';
import { MILLISECOND, SECOND } from '../play/connection.js';
import { Service } from '../play/host.js';
import { linux } from '../play/stack.js';
import { secure } from './everyday.js';
import { unanswered } from './refusals.js';
import { after, type Story } from './story.js';

const droppedByFirewall: Story = {
  name: 'firewall-drop',
  about: 'a firewall drops what VPN users send to the database: SYN after SYN without an answer',
  first: 12,
  every: 24,
  closes: ['noanswer'],
  *play({ network, random, connect }) {
    connect(random.pick(network.vpn), network.services.postgres, unanswered);
  },
};

const lossyLine: Story = {
  name: 'lossy-line',
  about: 'the line to Lyon loses 5 % of the packets for a while: retransmissions in all that Lyon does',
  first: 330,
  every: 600,
  closes: null,
  *play({ stage, network }) {
    const { lyon } = network.sites;
    const usual = lyon.loss;
    lyon.loss = 0.05;
    lyon.incident = 'lossy-line';
    yield after(stage, 90);
    lyon.loss = usual;
    lyon.incident = null;
  },
};

const idleTimeout: Story = {
  name: 'idle-timeout',
  about: 'the load balancer for partners resets connections that were idle for 60 s',
  first: 5,
  every: 9,
  closes: ['rst'],
  *play({ network, random, connect }) {
    connect(random.favourite(network.customers), network.services.partners, function* (connection) {
      connection.open();
      yield* secure(connection, random);
      yield* connection.exchange(random.size(600, 0.3), random.exponential(20 * MILLISECOND), random.size(4000, 0.8));
      connection.wait(60 * SECOND + random.exponential(30 * MILLISECOND));
      yield connection.at;
      connection.reset('server');
    });
  },
};

const forgottenSession: Story = {
  name: 'forgotten-session',
  about: 'a firewall forgets sessions after 15 min: the first key pressed after that is answered with RST',
  first: 30,
  every: 120,
  closes: ['rst'],
  *play({ network, random, connect }) {
    connect(random.favourite(network.paris), network.services.bastion, function* (connection) {
      connection.open();
      yield* connection.exchange(1400, 8 * MILLISECOND, 1100);
      connection.wait(random.between(15, 25) * 60 * SECOND);
      yield connection.at;
      connection.message('client', 36).wait(150_000).stateless('server');
    });
  },
};

const synFlood: Story = {
  name: 'syn-flood',
  about: 'SYNs from forged addresses: the shop answers and waits for a third packet that never comes',
  first: 500,
  every: 900,
  closes: ['halfopen'],
  *play({ stage, network, random, size, connect }) {
    const forged = Math.round(160 * size);
    for (let i = 0; i < forged; i++) {
      const ip = `198.${random.whole(18, 19)}.${random.whole(0, 255)}.${random.whole(1, 254)}`;
      connect(network.host(ip, linux, network.sites.internet), network.services.shop, function* (connection) {
        connection.syn().reach('server').synAck();
        for (const wait of [1, 2, 4]) {
          connection.wait(wait * SECOND);
          yield connection.at;
          connection.synAck(true);
        }
      });
      yield after(stage, random.exponential(0.03));
    }
  },
};

const backscatter: Story = {
  name: 'backscatter',
  about: 'answers to addresses that never asked: somebody floods others in their name',
  first: 90,
  every: 300,
  closes: ['halfopen', 'orphan'],
  *play({ stage, network, random, size, connect }) {
    const victim = network.host(`198.51.100.${random.whole(200, 250)}`, linux, network.sites.internet);
    const service = new Service(victim, random.pick([80, 443, 22]));
    const answers = Math.round(40 * size);
    for (let i = 0; i < answers; i++) {
      const client = network.host(`203.0.113.${random.whole(128, 250)}`, linux, network.sites.datacentre);
      connect(client, service, function* (connection) {
        const acknowledgement = random.word() | 0;
        if (random.chance(0.6)) {
          connection.segment('server', SYN | ACK, 0, { acknowledgement });
          connection.wait(SECOND);
          yield connection.at;
          connection.segment('server', SYN | ACK, 0, { acknowledgement, sequence: connection.server.isn, again: true });
        } else {
          connection.segment('server', RST | ACK, 0, { sequence: 0, acknowledgement, bare: true });
        }
      });
      yield after(stage, random.exponential(0.3));
    }
  },
};

const vanishedClient: Story = {
  name: 'vanished-client',
  about: 'a laptop leaves the VPN during a download: the server repeats what nobody acknowledges, then resets',
  first: 18,
  every: 45,
  closes: ['rst'],
  *play({ network, random, connect }) {
    connect(random.favourite(network.vpn), network.services.downloads, function* (connection) {
      connection.open();
      yield* secure(connection, random);
      yield* connection.exchange(500, random.exponential(10 * MILLISECOND), random.whole(30_000, 120_000));
      const sequence = connection.server.next;
      connection.message('server', 10 * connection.mss);
      for (let wait = 0.3; wait < 40; wait *= 2) {
        connection.wait(wait * SECOND);
        yield connection.at;
        connection.segment('server', ACK, connection.mss, { sequence, again: true });
      }
      connection.wait(5 * SECOND).reset('server');
    });
  },
};

const injectedReset: Story = {
  name: 'injected-reset',
  about:
    'an intrusion prevention system resets both sides of a connection: neither RST has the time to live of its host',
  first: 28,
  every: 55,
  closes: ['rst'],
  *play({ network, random, connect }) {
    connect(random.favourite(network.paris), random.pick(network.services.clouds), function* (connection) {
      connection.open();
      yield* secure(connection, random);
      yield* connection.exchange(random.size(700, 0.3), random.exponential(20 * MILLISECOND), random.size(3000, 0.6));
      connection.wait(random.between(0.05, 2) * SECOND);
      yield connection.at;
      const forged = { ttl: 254, bare: true };
      connection
        .segment('server', RST | ACK, 0, forged)
        .wait(15_000)
        .segment('client', RST | ACK, 0, forged);
    });
  },
};

export const paths: readonly Story[] = [
  droppedByFirewall,
  lossyLine,
  idleTimeout,
  forgottenSession,
  synFlood,
  backscatter,
  vanishedClient,
  injectedReset,
];
