import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyze } from '../../../test/traffic/analyze.js';
import type { Packet } from '../../../test/traffic/capture-file.js';
import { ACK, FIN, PSH, RST, SYN, URG } from '../../../test/traffic/frame.js';
import { rules } from '../../../test/traffic/rule.js';
import { talk, together } from '../../../test/traffic/talk.js';

rules('connections as the semantics say', {
  'a handshake, an exchange and two FINs are a normal connection': {
    packets: () => talk().open().exchange(100, 1000).close('client'),
    connections: [
      {
        'client.ip': '10.0.0.1',
        'client.port': 40000,
        'server.ip': '10.0.0.2',
        'server.port': 80,
        close: 'fin',
        closer: 'client',
        aborter: null,
        stage: null,
        state: 'SF',
        history: 'ShADadFf',
        role: 'certain',
        midstream: false,
        oneway: false,
        ct: 0.002,
        'packets.clt': 6,
        'packets.srv': 4,
        'bytes.clt': 100,
        'bytes.srv': 1000,
      },
    ],
    totals: {
      'syn.count': 1,
      'attempt.count': 1,
      'ct.count': 1,
      'fin.count.clt': 1,
      'fin.count.srv': 1,
      'fin.ratio': 2,
      'close.fin': 1,
      'closer.clt': 1,
      'conn.count': 1,
      'ct.avg': 0.002,
    },
  },
  'a retransmitted SYN is one attempt': {
    packets: () => talk().syn().wait(1).syn().synAck().ack('client').exchange().close('server'),
    connections: [{ close: 'fin', closer: 'server', 'syn.count': 2, 'attempt.count': 1, 'retrans.count.clt': 1 }],
    totals: { 'syn.count': 2, 'attempt.count': 1, 'ct.count': 1, 'syn.ratio': 2, 'ct.avg': 1.003, 'ct.net': 0.002 },
  },
  'a closed port refuses': {
    packets: () => talk().syn().refuse(),
    connections: [
      { close: 'refused', aborter: 'server', closer: 'server', stage: 'post_syn', state: 'REJ', history: 'Sr' },
    ],
    totals: {
      'refused.count': 1,
      'rst.count.srv': 1,
      'rst.noconn.srv': 1,
      'rst.ratio.srv': null,
      'reset.ratio.srv': 1,
    },
  },
  'a refused SYN that is sent again with the same number is one refusal': {
    packets: () => talk().syn().refuse().wait(0.5).syn().refuse().wait(0.5).syn().refuse(),
    connections: [{ close: 'refused', 'syn.count': 3, 'attempt.count': 1, 'rst.count.srv': 3 }],
    totals: { 'syn.count': 3, 'attempt.count': 1, 'refused.count': 1, 'rst.conn.srv': 1, 'rst.noconn.srv': 3 },
  },
  'a refused SYN that is sent again after a while and gets no answer at first is still one attempt': {
    packets: () => talk().syn().refuse().wait(0.7).syn().wait(12).syn().refuse(),
    connections: [{ close: 'refused', 'syn.count': 3, 'attempt.count': 1, 'rst.count.srv': 2, 'retrans.count.clt': 2 }],
    totals: { 'attempt.count': 1, 'refused.count': 1, 'noanswer.count': 0 },
  },
  'a RST before the SYN+ACK is not a refusal when the connection goes on': {
    packets: () => talk().syn().refuse().synAck().ack('client').exchange().close('client'),
    connections: [{ close: 'fin', 'rst.count.srv': 1 }],
    totals: { 'refused.count': 0, 'ct.count': 1, 'close.fin': 1 },
  },
  'a SYN that nobody answers is decided when it has been silent for 75 s': {
    packets: () =>
      together(
        talk({ start: 1000 }).syn().wait(1).syn().wait(2).syn(),
        talk({ client: '10.0.0.9:1', start: 1100 }).open().close('client')
      ),
    connections: [
      { close: 'noanswer', state: 'S0', history: 'S', 'syn.count': 3, 'attempt.count': 1 },
      { close: 'fin' },
    ],
    totals: { 'noanswer.count': 1, 'conn.count': 2, 'unclosed.count': 0 },
  },
  'a SYN+ACK without the last acknowledgement is half open': {
    packets: () => talk().syn().synAck().wait(1).synAck(),
    connections: [{ close: 'halfopen', 'synack.count': 2, state: 'S1' }],
    totals: { 'halfopen.count': 1, 'ct.count': 0, 'synack.count': 2 },
  },
  'a client that resets the SYN+ACK aborts the setup: a half-open scan': {
    packets: () => talk().syn().synAck().stateless('client'),
    connections: [{ close: 'setupabort', aborter: 'client', stage: 'post_syn' }],
    totals: { 'setupabort.clt': 1, 'setupabort.srv': 0, 'rst.noconn.clt': 1, 'close.total': 0 },
  },
  'a client that gives up its SYN aborts the setup': {
    packets: () => talk().syn().wait(1).rst('client'),
    connections: [{ close: 'setupabort', aborter: 'client', state: 'RSTOS0', history: 'SR' }],
  },
  'a deliberate reset after data closes by RST': {
    packets: () => talk().open().exchange().rst('server'),
    connections: [
      { close: 'rst', aborter: 'server', closer: 'server', stage: 'later', state: 'RSTR', history: 'ShADadr' },
    ],
    totals: { 'close.rst': 1, 'rst.conn.srv': 1, 'rst.noconn': 0, 'rst.ratio.srv': 1 },
  },
  'the stage of a RST tells how far the connection had come': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:1' }).open().rst('server'),
        talk({ client: '10.0.0.1:2', start: 1_700_000_001 }).open().send('client', 10).rst('server')
      ),
    connections: [{ stage: 'post_ack' }, { stage: 'post_psh' }],
  },
  'the RSTs of a client that left a running transfer are one closing by FIN and RST': {
    packets: () => {
      const t = talk().open().exchange().fin('client');
      for (let i = 0; i < 20; i++) {
        t.send('server', 1448).stateless('client');
      }
      return t;
    },
    connections: [{ close: 'finrst', closer: 'client', aborter: 'client', 'rst.count.clt': 20, 'fin.count.clt': 1 }],
    totals: { 'rst.count.clt': 20, 'rst.conn.clt': 1, 'rst.conn': 1, 'rst.afterfin': 20, 'close.finrst': 1 },
  },
  'a RST after both FINs were acknowledged changes nothing': {
    packets: () => talk().open().exchange().close('server').rst('client'),
    connections: [{ close: 'fin', 'rst.count.clt': 1 }],
    totals: { 'rst.afterclose': 1, 'rst.afterfin': 0, 'close.fin': 1 },
  },
  'FIN by one side and RST by the other is a closing by both': {
    packets: () => talk().open().exchange().fin('client').rst('server'),
    connections: [{ close: 'finrst', closer: 'client', aborter: 'server' }],
  },
  'RSTs of both sides are both counted, the first one aborts': {
    packets: () => talk().open().rst('client').rst('server'),
    connections: [{ close: 'rst', aborter: 'client', 'rst.count.clt': 1, 'rst.count.srv': 1 }],
    totals: { 'rst.conn': 1, 'rst.conn.clt': 1, 'rst.conn.srv': 1 },
  },
  'a retransmitted FIN is one closing': {
    packets: () => talk().open().fin('client').repeat().repeat().fin('server').ack('client'),
    connections: [{ close: 'fin', 'fin.count.clt': 3, 'retrans.count.clt': 2 }],
    totals: { 'fin.conn.clt': 1, 'close.fin': 1 },
  },
  'FINs that cross are a normal close by the one seen first': {
    packets: () => talk().open().fin('server').fin('client', { acknowledgement: 9001 }).ack('server').ack('client'),
    connections: [{ close: 'fin', closer: 'server' }],
  },
  'one FIN alone is half closed': {
    packets: () => talk().open().exchange().fin('client').ack('server'),
    connections: [{ close: 'halfclosed', closer: 'client', state: 'S2' }],
    totals: { 'unclosed.end': 1, 'close.total': 0 },
  },
  'a half-closed connection that idles for over two hours is a leak of the other side': {
    packets: () =>
      together(
        talk({ start: 1000 }).open().fin('client').ack('server'),
        talk({ client: '10.0.0.9:1', start: 9000 }).open().close('client')
      ),
    connections: [{ close: 'halfclosed' }, { close: 'fin' }],
    totals: { 'unclosed.halfclosed.clt': 1, 'unclosed.end': 0 },
  },
  'an idle connection is forgotten after 2 h 5 min': {
    packets: () =>
      together(
        talk({ start: 1000 }).open().exchange(),
        talk({ client: '10.0.0.9:1', start: 9000 }).open().close('client')
      ),
    connections: [{ close: 'open' }, { close: 'fin' }],
    totals: { 'unclosed.idle': 1 },
  },
  'ports used again after a close are a new connection': {
    packets: () => talk().open().close('client').wait(0.1).again(5_000_000, 7_000_000).open().close('client'),
    connections: [{ close: 'fin' }, { close: 'fin' }],
    totals: { 'attempt.count': 2, 'ct.count': 2, 'close.fin': 2, 'unclosed.count': 0 },
  },
  'ports used again while open are a new connection once the SYN+ACK answers': {
    packets: () => talk().open().exchange().again(5_000_000, 7_000_000).open().close('client'),
    connections: [
      { close: 'open', 'syn.count': 1, 'packets.clt': 4 },
      { close: 'fin', 'syn.count': 1 },
    ],
    totals: { 'unclosed.reused': 1, 'ct.count': 2, 'attempt.count': 2 },
  },
  'a stray SYN on an open connection does not end it': {
    packets: () =>
      talk()
        .open()
        .exchange()
        .segment('client', SYN, 0, { sequence: 5_000_000 })
        .ack('server')
        .exchange()
        .close('client'),
    connections: [
      { close: 'fin', 'syn.count': 1, 'bytes.srv': 2000 },
      { close: 'noanswer', 'syn.count': 1 },
    ],
    totals: { 'attempt.count': 2, 'ct.count': 1, 'noanswer.count': 1 },
  },
  'a new attempt that is refused leaves the open connection alone': {
    packets: () =>
      talk()
        .open()
        .exchange()
        .segment('client', SYN, 0, { sequence: 5_000_000 })
        .segment('server', RST | ACK, 0, { sequence: 0, acknowledgement: 5_000_001 }),
    connections: [
      { close: 'open', 'rst.count.srv': 0 },
      { close: 'refused', 'rst.count.srv': 1 },
    ],
    totals: { 'refused.count': 1 },
  },
  'a SYN+ACK captured before its SYN is the same connection': {
    packets: () => {
      const { packets } = talk().open().exchange().close('client');
      return [packets[1], packets[0], ...packets.slice(2)].map((packet) => packet as Packet);
    },
    connections: [
      { close: 'fin', role: 'certain', 'client.port': 40000, 'syn.count': 1, 'synack.count': 1, midstream: false },
    ],
    totals: { 'ct.count': 1, 'midstream.count': 0, 'role.guess.count': 0 },
  },
  'a SYN captured behind the packets that follow it gives back the guess': {
    packets: () => {
      const { packets } = talk({ client: '10.0.0.1:80', server: '10.0.0.2:40000' }).open().exchange().close('client');
      return [packets[2], packets[0], packets[1], ...packets.slice(3)].map((packet) => packet as Packet);
    },
    connections: [{ 'client.port': 80, role: 'certain', midstream: false, close: 'fin' }],
    totals: { 'ct.count': 1, 'midstream.count': 0, 'role.guess.count': 0 },
  },
  'a simultaneous open is one connection with two attempts': {
    packets: () =>
      talk()
        .syn()
        .segment('server', SYN, 0)
        .segment('client', SYN | ACK, 0, { sequence: 1000 })
        .segment('server', SYN | ACK, 0, { sequence: 9000 })
        .exchange()
        .close('client'),
    connections: [{ close: 'fin', 'syn.count': 2, 'synack.count': 2, 'client.port': 40000 }],
    totals: { 'attempt.count': 2, 'ct.count': 1 },
  },
  'a connection that had begun before the capture is mid-stream': {
    packets: () => talk().again(1000, 9000).exchange().close('client'),
    connections: [{ midstream: true, role: 'guess', 'client.port': 40000, 'server.port': 80, close: 'fin', ct: null }],
    totals: { 'ct.count': 0, 'midstream.count': 1, 'role.guess.count': 1, 'close.fin': 1 },
  },
  'a mid-stream connection that is reset is closed by RST': {
    packets: () => talk().exchange().rst('server'),
    connections: [{ midstream: true, close: 'rst', aborter: 'server', stage: 'later' }],
    totals: { 'rst.noconn': 0, 'close.rst': 1, 'reset.ratio.srv': 1 },
  },
  'a lone RST is an orphan': {
    packets: () => talk().stateless('server'),
    connections: [{ close: 'orphan', aborter: 'server', midstream: false, role: 'guess' }],
    totals: { 'rst.noconn.srv': 1, 'rst.count': 1, 'midstream.count': 0, 'ct.count': 0 },
  },
  'a lone RST+ACK of sequence number 0 comes from a closed port': {
    packets: () => talk({ client: '10.0.0.1:80', server: '10.0.0.2:40000' }).refuse(),
    connections: [{ close: 'orphan', 'server.port': 40000, aborter: 'server' }],
  },
  'the endpoint that answered a SYN before is the server of a connection seen from the middle': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:100', server: '10.0.0.2:5000' }).open().close('client'),
        talk({ client: '10.0.0.3:200', server: '10.0.0.2:5000', start: 1_700_000_100 }).exchange()
      ),
    connections: [{ 'server.port': 5000 }, { 'server.port': 5000, 'client.port': 200, role: 'guess' }],
  },
  'a RST of a wrong sequence number does not end a connection that goes on': {
    packets: () =>
      talk().open().exchange().segment('server', RST, 0, { sequence: 15_000 }).exchange().exchange().close('client'),
    connections: [{ close: 'fin', 'rst.count.srv': 1, closer: 'client' }],
    totals: { 'close.fin': 1, 'rst.conn.srv': 1 },
  },
  'a RST of a wrong sequence number after which nothing comes ends the connection': {
    packets: () => talk().open().exchange().segment('server', RST, 0, { sequence: 15_000 }),
    connections: [{ close: 'rst' }],
  },
  'a keep-alive is neither data nor a retransmission': {
    packets: () =>
      talk()
        .open()
        .exchange(100, 1000)
        .wait(60)
        .segment('client', ACK, 1, { sequence: 1100 })
        .ack('server')
        .wait(60)
        .segment('client', ACK, 0, { sequence: 1100 })
        .ack('server'),
    connections: [{ close: 'open', 'retrans.count.clt': 0, 'bytes.clt': 101 }],
  },
  'a RST that answers a keep-alive comes after idling': {
    packets: () => talk().open().exchange().wait(600).segment('client', ACK, 0, { sequence: 1100 }).stateless('server'),
    connections: [{ close: 'rst' }],
    totals: { 'rst.afteridle': 1 },
  },
  'a RST that answers the first data after a long silence comes after idling': {
    packets: () => talk().open().exchange().wait(600).send('client', 50).stateless('server'),
    connections: [{ close: 'rst', aborter: 'server' }],
    totals: { 'rst.afteridle': 1 },
  },
  'segments that fill a hole are out of order, not retransmitted': {
    packets: () => {
      const { packets } = talk().open().send('client', 100).send('client', 100).send('client', 100).close('client');
      return [...packets.slice(0, 3), packets[5], packets[4], packets[3], ...packets.slice(6)].map((p) => p as Packet);
    },
    connections: [{ 'retrans.count.clt': 0, 'bytes.clt': 300 }],
  },
  'data sent twice is a retransmission of its side': {
    packets: () => talk().open().send('server', 500).repeat().ack('client').close('server'),
    connections: [{ 'retrans.count.srv': 1, 'retrans.count.clt': 0, history: 'ShAdtfFa' }],
    totals: { 'retrans.count.srv': 1 },
  },
  'a connection of which one direction was captured says so and is not unanswered': {
    packets: () =>
      talk()
        .open()
        .exchange()
        .close('client')
        .packets.filter((_, i) => [0, 2, 3, 6, 7, 9].includes(i)),
    connections: [{ oneway: true, close: 'halfclosed', 'packets.srv': 0 }],
    totals: { 'oneway.count': 1, 'noanswer.count': 0, 'halfopen.count': 0 },
  },
  'SYN with FIN, and no flag at all, are malformed and counted under what they carry': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:1' }).segment('client', SYN | FIN, 0),
        talk({ client: '10.0.0.1:2', start: 1_700_000_001 }).segment('client', 0, 0)
      ),
    connections: [
      { 'malformed.count': 1, 'syn.count': 1, 'fin.count.clt': 1 },
      { 'malformed.count': 1, close: 'midstream', midstream: false },
    ],
    totals: { 'malformed.count': 2, 'syn.count': 1, 'fin.count': 1 },
  },
  'a XMAS scan that is reset is no closed connection': {
    packets: () =>
      talk()
        .segment('client', FIN | PSH | URG, 0)
        .rst('server', { sequence: 0 }),
    connections: [{ close: 'finrst' }],
    totals: { 'close.total': 0, 'rst.noconn.srv': 1 },
  },
  'data in the SYN is acknowledged with it': {
    packets: () =>
      talk()
        .segment('client', SYN, 50)
        .segment('server', RST | ACK, 0, { sequence: 0, acknowledgement: 1051 }),
    connections: [{ close: 'refused', 'bytes.clt': 50 }],
  },
  'VLAN tags are kept outermost first': {
    packets: () =>
      talk({ vlans: [100, 200, 300] })
        .open()
        .close('client'),
    connections: [{ vlan: [100, 200, 300], close: 'fin' }],
  },
  'a tag on one direction alone does not part a connection': {
    packets: () =>
      talk()
        .syn({ vlans: [7] })
        .synAck()
        .ack('client', { vlans: [7] })
        .exchange()
        .close('client'),
    connections: [{ vlan: [7], close: 'fin' }],
  },
  'IPv6 is followed like IPv4': {
    packets: () => talk({ client: '[2001:db8::1]:40000', server: '[2001:db8::2]:443' }).open().exchange().rst('client'),
    connections: [{ 'client.ip': '2001:db8::1', 'server.ip': '2001:db8::2', close: 'rst', aborter: 'client' }],
  },
  'sequence numbers wrap around': {
    packets: () =>
      talk({ clientIsn: 0xffffff00, serverIsn: 0xfffffff0 })
        .open()
        .send('client', 1000)
        .ack('server')
        .send('server', 1000)
        .ack('client')
        .send('client', 1000)
        .close('client'),
    connections: [{ close: 'fin', 'retrans.count.clt': 0, 'retrans.count.srv': 0, 'bytes.clt': 2000 }],
  },
  'one wrong timestamp in the far future ends nothing': {
    packets: () => {
      const { packets } = talk().open().exchange().close('client');
      return packets.map((packet, i) => (i === 4 ? { ...packet, time: packet.time + 10n ** 18n } : packet));
    },
    connections: [{ close: 'fin', 'packets.clt': 6, 'packets.srv': 4 }],
    totals: { 'ct.count': 1 },
  },
  'a clock that is set back by an hour ends nothing': {
    packets: () => {
      const { packets } = talk().open().exchange().exchange().close('client');
      return packets.map((packet, i) => (i < 6 ? packet : { ...packet, time: packet.time - 3600n * 10n ** 9n }));
    },
    connections: [{ close: 'fin' }],
    totals: { 'ct.count': 1, 'close.fin': 1 },
  },
});

describe('the same addresses and ports in two VLANs', () => {
  const packets = together(
    talk({ vlans: [10] })
      .open()
      .exchange()
      .close('client'),
    talk({ vlans: [20], clientIsn: 70_000, serverIsn: 80_000, step: 0.0011 })
      .open()
      .exchange()
      .close('server'),
    talk({ clientIsn: 170_000, serverIsn: 180_000, step: 0.0012 }).open().exchange()
  );

  test('are a connection each where VLANs are kept apart', () => {
    const { connections } = analyze(packets, { separateVlans: true });
    assert.deepEqual(
      connections
        .map((row) => [row['vlan'], row['close'], row['closer'], row['ct.count']])
        .sort((a, b) => String(a[0]).localeCompare(String(b[0]))),
      [
        [[], 'open', null, 1],
        [[10], 'fin', 'client', 1],
        [[20], 'fin', 'server', 1],
      ]
    );
  });

  test('… for IPv6 and two tags, too', () => {
    const ends = { client: '[2001:db8::1]:40000', server: '[2001:db8::2]:80' };
    const both = together(
      talk({ ...ends, vlans: [10, 5] }).open(),
      talk({ ...ends, vlans: [10, 6], clientIsn: 70_000, serverIsn: 80_000, step: 0.0011 }).open()
    );
    assert.equal(analyze(both, { separateVlans: true }).totals['ct.count'], 2);
  });

  test('are one tuple by default: a mirror port may tag one direction only', () => {
    const oneWay = talk()
      .open()
      .exchange()
      .packets.map((packet, i) => ({
        ...packet,
        frame: i % 2 === 0 ? packet.frame : tag(packet.frame, 30),
      }));
    const byDefault = analyze(oneWay).connections;
    assert.deepEqual(
      byDefault.map((row) => row['ct.count']),
      [1]
    );
    assert.ok(analyze(oneWay, { separateVlans: true }).connections.length > 1);
  });
});

function tag(frame: Uint8Array, id: number): Uint8Array {
  return Uint8Array.from([...frame.subarray(0, 12), 0x81, 0, 0, id, ...frame.subarray(12)]);
}
