import { addressIn, networkOf, type Block, type Family } from './address.js';
import { Link } from './link.js';
import { Namespace, removeNamespaces } from './namespace.js';
import type { Random } from './random.js';

/** By default a host sends a peer one ICMP error a second. */
const unlimitedIcmp = { 'net.ipv4.icmp_ratelimit': 0, 'net.ipv6.icmp.ratelimit': 0 };

/** Idle time after which the forgetful firewalls forget, seconds. */
export const forgetSeconds = 2;

/**
 * The laboratory's network: a host of clients, two routers with a slow line between them, and a host of servers, each a
 * network namespace of the real kernel.
 *
 *     client host ── near router ══ far router ── server host
 *
 * Both hosts answer for whole networks, so that each instance of a scenario has addresses of its own. The firewalls'
 * rules are fixed and go by the server's network (see `blocks`), so that instances do not disturb each other.
 */
export class World {
  readonly client: Namespace;
  readonly near: Namespace;
  readonly far: Namespace;
  readonly server: Namespace;
  readonly line: Link;

  private constructor(
    readonly run: string,
    random: Random
  ) {
    this.client = Namespace.create(`${run}-c`);
    this.near = Namespace.create(`${run}-n`);
    this.far = Namespace.create(`${run}-f`);
    this.server = Namespace.create(`${run}-s`);
    this.line = new Link(this.near, this.far);
    // Initial times to live as systems have them: 64 Linux and BSD, 128 Windows, 255 network equipment.
    this.host(this.client, random.pick([64, 64, 128]));
    this.host(this.server, random.pick([64, 64, 128]));
    this.router(this.near, random.pick([64, 255]));
    this.router(this.far, random.pick([64, 255]));
  }

  static async build(run: string, random: Random): Promise<World> {
    try {
      const world = new World(run, random);
      await world.line.up();
      world.connect();
      world.firewalls();
      return world;
    } catch (error) {
      removeNamespaces(run);
      throw error;
    }
  }

  async remove(): Promise<void> {
    await this.line.stop();
    for (const namespace of [this.client, this.near, this.far, this.server]) {
      namespace.remove();
    }
    removeNamespaces(this.run);
  }

  private host(namespace: Namespace, ttl: number): void {
    namespace.sysctl({
      'net.ipv4.ip_default_ttl': ttl,
      'net.ipv6.conf.all.hop_limit': ttl,
      'net.ipv6.conf.default.hop_limit': ttl,
      'net.ipv6.ip_nonlocal_bind': 1,
      'net.ipv4.ip_forward': 0,
      'net.ipv6.conf.all.forwarding': 0,
      'net.ipv6.conf.default.accept_dad': 0,
      'net.ipv4.tcp_max_syn_backlog': 4096,
      'net.core.somaxconn': 4096,
      // RSTs and challenge ACKs are what is looked at here: no limits on them.
      'net.ipv4.tcp_invalid_ratelimit': 0,
      ...unlimitedIcmp,
    });
  }

  private router(namespace: Namespace, ttl: number): void {
    namespace.sysctl({
      'net.ipv4.ip_forward': 1,
      'net.ipv6.conf.all.forwarding': 1,
      'net.ipv6.conf.default.accept_dad': 0,
      'net.ipv4.ip_default_ttl': ttl,
      'net.ipv6.conf.all.hop_limit': ttl,
      'net.ipv6.conf.default.hop_limit': ttl,
      'net.ipv4.conf.all.rp_filter': 0,
      'net.ipv4.conf.default.rp_filter': 0,
      ...unlimitedIcmp,
    });
  }

  private connect(): void {
    const { client, near, far, server } = this;
    client.ip([
      'link set lo up',
      `link add uplink type veth peer name downlink netns ${near.name}`,
      'address add 10.70.0.1/30 dev uplink',
      'address add fd70::1/64 dev uplink nodad',
      'link set uplink up',
      ...this.local(['client', 'mute']),
    ]);
    near.ip([
      'link set lo up',
      'address add 10.70.0.2/30 dev downlink',
      'address add fd70::2/64 dev downlink nodad',
      'link set downlink up',
      `link set ${Link.device} up`,
    ]);
    client.ip(['route add default via 10.70.0.2', 'route add ::/0 via fd70::2']);
    near.ip([
      ...this.families((f) => [
        `route add ${networkOf(f, 'client')} via ${f === 4 ? '10.70.0.1' : 'fd70::1'}`,
        `route add ${networkOf(f, 'mute')} via ${f === 4 ? '10.70.0.1' : 'fd70::1'}`,
        `route add ${anywhere(f)} dev ${Link.device}`,
      ]),
    ]);
    server.ip([
      'link set lo up',
      `link add uplink type veth peer name downlink netns ${far.name}`,
      'address add 10.79.0.1/30 dev uplink',
      'address add fd79::1/64 dev uplink nodad',
      'link set uplink up',
      ...this.local([
        'server',
        'rejectNear',
        'rejectFar',
        'rejectHost',
        'tellNear',
        'tellFar',
        'tellHost',
        'dropFar',
        'dropHost',
        'dropReplies',
        'dropFirstReplies',
        'forgetReject',
        'forgetDrop',
        'sweep',
      ]),
    ]);
    far.ip([
      'link set lo up',
      'address add 10.79.0.2/30 dev downlink',
      'address add fd79::2/64 dev downlink nodad',
      'link set downlink up',
      `link set ${Link.device} up`,
    ]);
    server.ip(['route add default via 10.79.0.2', 'route add ::/0 via fd79::2']);
    far.ip([
      ...this.families((f) => [
        `route add ${networkOf(f, 'client')} dev ${Link.device}`,
        `route add ${networkOf(f, 'mute')} dev ${Link.device}`,
        `route add ${anywhere(f)} via ${f === 4 ? '10.79.0.1' : 'fd79::1'}`,
        `route add unreachable ${networkOf(f, 'nowhere')}`,
      ]),
    ]);
  }

  private families(lines: (family: Family) => string[]): string[] {
    return [...lines(4), ...lines(6)];
  }

  /** Routes that make a host answer for whole networks. */
  private local(names: readonly Block[]): string[] {
    return this.families((f) => names.map((name) => `route add local ${networkOf(f, name)} dev lo`));
  }

  private firewalls(): void {
    const to = (f: Family, name: Block) => `${f === 4 ? 'ip' : 'ip6'} daddr ${networkOf(f, name)}`;
    const from = (f: Family, name: Block) => `${f === 4 ? 'ip' : 'ip6'} saddr ${networkOf(f, name)}`;
    const both = (rule: (f: Family) => string) => `${rule(4)}\n${rule(6)}\n`;
    const timeouts = {
      'net.netfilter.nf_conntrack_tcp_timeout_established': forgetSeconds,
      'net.netfilter.nf_conntrack_tcp_loose': 0,
      'net.netfilter.nf_conntrack_tcp_be_liberal': 1,
    };
    const forgetful = (name: 'forgetReject' | 'forgetDrop', verdict: string) =>
      both((f) => `${to(f, name)} ct state invalid ${verdict}`) +
      both((f) => `${from(f, name)} ct state invalid ${verdict}`);
    this.near.nft(`table inet lab {
      set answered4 { type ipv4_addr . inet_service . inet_service; flags dynamic,timeout; timeout 60s; }
      set answered6 { type ipv6_addr . inet_service . inet_service; flags dynamic,timeout; timeout 60s; }
      chain forward { type filter hook forward priority 0;
        ${both((f) => `${to(f, 'rejectNear')} tcp dport >= 20000 reject with tcp reset`)}
        ${both((f) => `${to(f, 'tellNear')} tcp dport >= 20000 reject with icmpx admin-prohibited`)}
        ${both((f) => `${from(f, 'dropReplies')} tcp sport >= 20000 tcp flags & (syn | ack) == syn | ack drop`)}
        ${both((f) => {
          const name = f === 4 ? 'ip' : 'ip6';
          const tuple = `${name} saddr . tcp sport . tcp dport`;
          const reply = `${from(f, 'dropFirstReplies')} tcp sport >= 20000 tcp flags & (syn | ack) == syn | ack`;
          return `${reply} ${tuple} != @answered${f} add @answered${f} { ${tuple} } drop`;
        })}
        ${forgetful('forgetReject', 'reject with tcp reset')}
      }
    }\n`);
    this.far.nft(`table inet lab {
      chain forward { type filter hook forward priority 0;
        ${both((f) => `${to(f, 'rejectFar')} tcp dport >= 20000 reject with tcp reset`)}
        ${both((f) => `${to(f, 'tellFar')} tcp dport >= 20000 reject`)}
        ${both((f) => `${to(f, 'dropFar')} tcp dport >= 20000 drop`)}
        ${forgetful('forgetDrop', 'drop')}
      }
    }\n`);
    this.near.sysctl(timeouts);
    this.far.sysctl(timeouts);
    this.server.nft(`table inet lab {
      chain input { type filter hook input priority 0;
        ${both((f) => `${to(f, 'rejectHost')} tcp dport >= 20000 reject with tcp reset`)}
        ${both((f) => `${to(f, 'tellHost')} tcp dport >= 20000 reject`)}
        ${both((f) => `${to(f, 'dropHost')} tcp dport >= 20000 drop`)}
      }
    }\n`);
    this.client.nft(`table inet lab {
      chain input { type filter hook input priority 0;
        ${both((f) => `${to(f, 'mute')} drop`)}
      }
    }\n`);
  }

  /** A server host of its own behind the far router, for hosts that come and go. */
  mortal(family: Family, instance: number): Namespace {
    const { far } = this;
    const made = Namespace.create(`${this.run}-m${family}-${instance}`);
    const device = `m${family}-${instance}`;
    const address = addressIn(family, 'mortal', instance);
    const gateway = family === 4 ? '169.254.1.1' : 'fe80::1';
    made.sysctl({ 'net.ipv6.conf.default.accept_dad': 0 });
    made.ip([
      'link set lo up',
      `link add uplink type veth peer name ${device} netns ${far.name}`,
      `address add ${address}/${family === 4 ? 32 : 128} dev uplink`,
      'link set uplink up',
    ]);
    far.ip([
      `address add ${gateway}/${family === 4 ? 32 : 64} dev ${device}`,
      `link set ${device} up`,
      `route replace ${address} dev ${device}`,
    ]);
    made.ip([
      ...(family === 4 ? [`route add ${gateway} dev uplink`] : []),
      `route add ${anywhere(family)} via ${gateway} dev uplink`,
    ]);
    return made;
  }
}

function anywhere(family: Family): string {
  return family === 4 ? '0.0.0.0/0' : '::/0';
}
