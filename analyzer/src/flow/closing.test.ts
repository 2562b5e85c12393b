import { ACK, FIN, PSH, RST, URG } from '../../../test/traffic/frame.js';
import { rules } from '../../../test/traffic/rule.js';
import { talk, together } from '../../../test/traffic/talk.js';

rules('FINs (semantics b4)', {
  'half a connection goes on: data after the FIN of the other side are data, and the second FIN closes': {
    packets: () =>
      talk()
        .open()
        .fin('client')
        .ack('server')
        .wait(600)
        .send('server', 5000)
        .ack('client')
        .fin('server')
        .ack('client'),
    connections: [{ close: 'fin', closer: 'client', 'bytes.srv': 5000, 'fin.count.clt': 1 }],
    totals: { 'close.fin': 1, 'unclosed.count': 0, 'fin.conn.clt': 1, 'fin.conn.srv': 1 },
  },
  'a server that closes, and whose client never does, is half closed by the server': {
    packets: () =>
      together(
        talk({ start: 1000 }).open().fin('server').ack('client'),
        talk({ client: '10.0.0.9:1', start: 9000 }).open().close('client')
      ),
    connections: [{ close: 'halfclosed', closer: 'server' }, { close: 'fin' }],
    totals: { 'unclosed.halfclosed.srv': 1, 'unclosed.halfclosed.clt': 0, 'unclosed.count': 1, 'close.total': 1 },
  },
  'FINs that cross are one close, by the side whose FIN was captured first': {
    // Each acknowledges the other's data only: neither knew of the other's FIN.
    packets: () =>
      talk()
        .open()
        .exchange()
        .fin('client', { acknowledgement: 10_001 })
        .fin('server', { acknowledgement: 1101 })
        .ack('client')
        .ack('server'),
    connections: [{ close: 'fin', closer: 'client', aborter: null }],
    totals: { 'closer.clt': 1, 'closer.srv': 0, 'close.fin': 1 },
  },
  'a FIN that is repeated in a later window is another FIN packet, and the same connection': {
    packets: () => talk({ start: 1_700_000_009 }).open().fin('client').wait(3).repeat().fin('server').ack('client'),
    connections: [{ close: 'fin', 'fin.count.clt': 2 }],
    windows: [
      { after: 0, 'fin.count.clt': 1, 'fin.conn.clt': 1, 'fin.conn.srv': 0 },
      { after: 10, 'fin.count.clt': 1, 'fin.conn.clt': 0, 'fin.conn.srv': 1, 'close.fin': 1 },
    ],
  },
  'two FINs of which one was not acknowledged when the capture ends are a close by FIN': {
    packets: () => talk().open().exchange().fin('client').fin('server'),
    connections: [{ close: 'fin' }],
    totals: { 'close.fin': 1 },
  },
  'a FIN of a connection that was never established is no close': {
    packets: () => talk().syn().fin('client', { flags: FIN }),
    connections: [{ close: 'halfclosed' }],
    totals: { 'close.total': 0, 'fin.conn.clt': 1 },
  },
  'closes are counted by class, and their sum': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:1' }).open().close('client'),
        talk({ client: '10.0.0.1:2', start: 1_700_000_001 }).open().fin('client').rst('server'),
        talk({ client: '10.0.0.1:3', start: 1_700_000_002 }).open().rst('server'),
        talk({ client: '10.0.0.1:4', start: 1_700_000_003 }).open().exchange()
      ),
    connections: [{ close: 'fin' }, { close: 'finrst' }, { close: 'rst' }, { close: 'open' }],
    totals: {
      'close.fin': 1,
      'close.finrst': 1,
      'close.rst': 1,
      'close.total': 3,
      'unclosed.count': 1,
      'conn.count': 4,
    },
  },
});

rules('RSTs: whether they end a connection (RFC 5961; semantics b4)', {
  'a RST with the number that its receiver expects ends the connection, whatever is under way': {
    packets: () => talk().open().exchange().rst('server').send('client', 100).send('client', 100),
    connections: [{ close: 'rst', closer: 'server', aborter: 'server', 'bytes.clt': 300 }],
    totals: { 'close.rst': 1, 'closer.srv': 1 },
  },
  'so does one with the number that its receiver has acknowledged, though more was sent': {
    // Two segments on their way to a socket that is gone: the answer to the first carries what it acknowledged.
    packets: () =>
      talk()
        .open()
        .exchange()
        .send('server', 1000)
        .send('server', 1000)
        .segment('server', RST, 0, { sequence: 10_001 })
        .send('client', 100),
    connections: [{ close: 'rst', aborter: 'server' }],
  },
  'so does one that goes on from the last packet of its sender, though its receiver has acknowledged less': {
    packets: () => talk().open().exchange().send('server', 1000).rst('server').send('client', 100),
    connections: [{ close: 'rst', aborter: 'server' }],
  },
  'one elsewhere in the window is void when the connection goes on, and nobody closed by it': {
    packets: () =>
      talk().open().exchange().segment('server', RST, 0, { sequence: 12_000 }).ack('client').exchange().close('client'),
    connections: [{ close: 'fin', closer: 'client', 'rst.count.srv': 1 }],
    totals: { 'close.fin': 1, 'close.rst': 0, 'closer.clt': 1, 'closer.srv': 0, 'rst.count.srv': 1, 'rst.conn.srv': 1 },
  },
  'one far outside the window is counted and void, too': {
    packets: () =>
      talk()
        .open()
        .exchange()
        .segment('client', RST | ACK, 0, { sequence: 3_000_000_000 })
        .exchange()
        .rst('server'),
    connections: [{ close: 'rst', closer: 'server', 'rst.count.clt': 1, 'rst.count.srv': 1 }],
    totals: { 'rst.count': 2, 'rst.conn': 1, 'closer.srv': 1, 'closer.clt': 0 },
  },
  'one below what was acknowledged is void when the connection goes on': {
    packets: () => talk().open().exchange().segment('server', RST, 0, { sequence: 9001 }).exchange().close('server'),
    connections: [{ close: 'fin', closer: 'server', 'rst.count.srv': 1 }],
  },
  'one elsewhere in the window ends the connection when nothing follows, five seconds later': {
    packets: () =>
      together(
        talk().open().exchange().segment('server', RST, 0, { sequence: 12_000 }),
        talk({ client: '10.0.0.9:1', start: 1_700_000_020 }).open()
      ),
    connections: [{ close: 'rst', aborter: 'server' }, { close: 'open' }],
    totals: { 'close.rst': 1, 'unclosed.count': 1 },
    windows: [
      { after: 0, 'rst.count.srv': 1, 'close.rst': 1 },
      { after: 20, 'ct.count': 1 },
    ],
  },
  'before the handshake any RST ends the attempt': {
    packets: () => talk().syn().synAck().segment('server', RST, 0, { sequence: 4711 }),
    connections: [{ close: 'setupabort', aborter: 'server', closer: 'server' }],
  },
  'a RST with data is a RST: its payload is no data sent, nor a retransmission': {
    packets: () =>
      talk()
        .open()
        .exchange()
        .segment('server', RST | ACK, 40)
        .segment('server', RST | ACK, 40),
    connections: [{ close: 'rst', 'rst.count.srv': 2, 'retrans.count.srv': 0, 'bytes.srv': 1080, history: 'ShADadr' }],
  },
  'the side whose RST is seen goes on: the RST was not its own': {
    packets: () => talk().open().exchange().rst('server').send('server', 500).ack('client').close('client'),
    connections: [{ close: 'fin', 'rst.count.srv': 1 }],
    totals: { 'close.fin': 1, 'close.rst': 0 },
  },
  'a RST that its receiver would question, and that nothing follows, ends the connection, and its side is the closer': {
    packets: () => talk().open().exchange().rst('server', { sequence: 10_501 }),
    connections: [{ close: 'rst', closer: 'server', aborter: 'server' }],
    totals: { 'close.rst': 1, 'closer.srv': 1, 'closer.clt': 0, 'unclosed.count': 0 },
  },
  'a RST that the connection survives closed nothing: the closer is the side whose FIN came later': {
    packets: () => talk().open().exchange().rst('server').send('server', 500).close('client'),
    connections: [{ close: 'fin', closer: 'client', aborter: 'server' }],
    totals: { 'closer.clt': 1, 'closer.srv': 0, 'rst.conn.srv': 1 },
  },
  'a refusal that a SYN+ACK contradicts closed nothing either': {
    packets: () => talk().syn().refuse().synAck().ack('client').exchange().close('client'),
    connections: [{ close: 'fin', closer: 'client', 'ct.count': 1 }],
    totals: { 'closer.clt': 1, 'closer.srv': 0, 'refused.count': 0 },
  },
  'a connection that survives a RST and stays open has no closer': {
    packets: () => talk().open().exchange().rst('server').send('server', 500).ack('client'),
    connections: [{ close: 'open', closer: null }],
    totals: { 'closer.clt': 0, 'closer.srv': 0, 'unclosed.end': 1 },
  },
  'a FIN before the RST that the connection survives remains the first': {
    packets: () => talk().open().exchange().fin('server').rst('client').send('client', 500).fin('client').ack('server'),
    connections: [{ close: 'fin', closer: 'server' }],
    totals: { 'closer.srv': 1, 'closer.clt': 0 },
  },
  'after a RST that the connection survived, the next one tells who ended it; side and stage remain those of the first':
    {
      packets: () => talk().open().rst('server').send('server', 500).ack('client').send('client', 10).rst('client'),
      connections: [{ close: 'rst', closer: 'client', aborter: 'server', stage: 'post_ack' }],
      totals: { 'closer.clt': 1, 'rst.conn': 1, 'rst.conn.clt': 1, 'rst.conn.srv': 1 },
    },
  'a RST behind an orderly close is harmless, also where the connection had survived one before': {
    packets: () => talk().open().rst('server').send('server', 500).ack('client').close('client').rst('client'),
    connections: [{ close: 'fin', closer: 'client' }],
    totals: { 'close.fin': 1, 'close.finrst': 0, 'rst.afterclose': 1 },
  },
});

rules('RSTs: what each is counted as (semantics b3)', {
  'a burst of RSTs over several windows is one connection that was reset': {
    packets: () => {
      const t = talk({ start: 1_700_000_009, step: 1 }).open().exchange();
      for (let i = 0; i < 12; i++) {
        t.stateless('server');
      }
      return t;
    },
    connections: [{ close: 'rst', 'rst.count.srv': 12 }],
    totals: { 'rst.count.srv': 12, 'rst.conn.srv': 1, 'rst.conn': 1, 'rst.conn.clt': 0, 'close.rst': 1 },
    windows: [
      { after: 0, 'rst.count.srv': 0, 'rst.conn.srv': 0 },
      { after: 10, 'rst.count.srv': 4, 'rst.conn.srv': 1 },
      { after: 20, 'rst.count.srv': 8, 'rst.conn.srv': 0, 'close.rst': 1 },
    ],
  },
  'a RST in a later window than its handshake is none without a connection': {
    packets: () => talk({ start: 1_700_000_009 }).open().exchange().wait(12).rst('server'),
    connections: [{ close: 'rst' }],
    totals: { 'rst.noconn': 0, 'rst.count.srv': 1 },
    windows: [
      { after: 0, 'ct.count': 1, 'rst.count.srv': 0 },
      { after: 20, 'ct.count': 0, 'rst.count.srv': 1, 'rst.noconn.srv': 0 },
    ],
  },
  'a RST while the handshake is under way is one without a connection': {
    packets: () => talk().syn().synAck().rst('client'),
    connections: [{ close: 'setupabort' }],
    totals: { 'rst.noconn.clt': 1, 'rst.noconn.srv': 0 },
  },
  'a RST on a connection whose start was not seen is none without a connection': {
    packets: () => talk().send('client', 100).stateless('server'),
    connections: [{ close: 'rst', midstream: true }],
    totals: { 'rst.noconn': 0, 'midstream.count': 1 },
  },
  'a RST that answers a bare acknowledgement is none without a connection: it was seen from the middle': {
    packets: () => talk().ack('client').stateless('server'),
    connections: [{ close: 'rst', midstream: true }],
    totals: { 'rst.noconn': 0, 'midstream.count': 1 },
  },
  'a burst of RSTs without any connection is counted one by one, and reset nobody': {
    packets: () => talk().stateless('server').stateless('server').stateless('server'),
    connections: [{ close: 'orphan', 'rst.count.srv': 3, midstream: false }],
    totals: {
      'rst.noconn.srv': 3,
      'rst.count.srv': 3,
      'rst.conn': 0,
      'ct.count': 0,
      'close.total': 0,
      'unclosed.count': 0,
    },
  },
  'RSTs that answer probes without ACK reset nobody: there was neither an attempt nor a connection': {
    packets: () =>
      together(
        ...[0, FIN, FIN | PSH | URG].map((flags, i) =>
          talk({ client: `10.0.0.${i + 1}:40000` })
            .segment('client', flags, 0)
            .segment('server', RST | ACK, 0, { sequence: 0 })
        )
      ),
    connections: [{ 'rst.count.srv': 1 }, { 'rst.count.srv': 1 }, { 'rst.count.srv': 1 }],
    totals: { 'rst.noconn.srv': 3, 'rst.conn.srv': 0, 'rst.conn': 0, 'attempt.count': 0, 'midstream.count': 0 },
  },
  'a SYN+ACK to nobody is no attempt, and a RST that answers it resets none': {
    packets: () => talk().synAck().rst('client'),
    connections: [{ close: 'setupabort' }],
    totals: { 'rst.noconn': 1, 'rst.conn': 0, 'attempt.count': 0, 'midstream.count': 0 },
  },
  'a RST captured in front of the SYN whose attempt it ends is booked with the SYN, in its window': {
    // Captured behind all that followed it: a FIN shows that the SYN+ACK was for this client.
    packets: () =>
      talk({ start: 1_700_000_009.5, step: 0.1 })
        .segment('client', FIN, 0, { sequence: 1001 })
        .synAck()
        .rst('client')
        .wait(1)
        .syn({ sequence: 1000 }),
    connections: [{ close: 'finrst', aborter: 'client', stage: 'post_syn', 'rst.count.clt': 1, 'attempt.count': 1 }],
    totals: { 'rst.conn.clt': 1, 'rst.conn.srv': 0, 'rst.conn': 1, 'rst.noconn.clt': 1, 'attempt.count': 1 },
    windows: [
      { after: 0, 'rst.count.clt': 1, 'rst.conn.clt': 0, 'rst.conn': 0 },
      { after: 10, 'rst.count.clt': 0, 'rst.conn.clt': 1, 'rst.conn': 1, 'attempt.count': 1 },
    ],
  },
  'a RST in front of an unrelated SYN is not of its attempt': {
    packets: () => talk().stateless('server').syn(),
    connections: [{ close: 'orphan' }, { close: 'noanswer' }],
    totals: { 'rst.conn': 0, 'rst.noconn': 1, 'attempt.count': 1 },
  },
  'RSTs captured in front of a connection seen from the middle are booked once, each side of them': {
    packets: () =>
      talk({ start: 1_700_000_009, step: 0.01 })
        .stateless('server')
        .stateless('client')
        .wait(2)
        .send('client', 100)
        .ack('server')
        .stateless('server')
        .stateless('client'),
    connections: [{ midstream: true, aborter: 'server', 'rst.count.srv': 2, 'rst.count.clt': 2 }],
    totals: { 'rst.conn.srv': 1, 'rst.conn.clt': 1, 'rst.conn': 1, 'midstream.count': 1 },
    windows: [
      { after: 0, 'rst.conn.srv': 0, 'rst.conn.clt': 0, 'rst.conn': 0 },
      { after: 10, 'rst.conn.srv': 1, 'rst.conn.clt': 1, 'rst.conn': 1 },
    ],
  },
  'a RST after the FIN of the other side is not one after its own': {
    packets: () => talk().open().fin('client').rst('server'),
    connections: [{ close: 'finrst' }],
    totals: { 'rst.afterfin': 0, 'rst.afterclose': 0 },
  },
  'RSTs that trail a close are harmless, from either side': {
    packets: () => talk().open().close('client').rst('client').rst('server').stateless('client'),
    connections: [{ close: 'fin', 'rst.count.clt': 2, 'rst.count.srv': 1 }],
    totals: { 'rst.afterclose': 3, 'rst.afterfin': 0, 'rst.noconn': 0, 'rst.conn': 1, 'close.fin': 1 },
  },
  'a RST that trails a close for more than five seconds belongs to nothing any more': {
    packets: () => talk().open().close('client').wait(7).rst('client'),
    connections: [{ close: 'fin' }, { close: 'orphan' }],
    totals: { 'rst.afterclose': 0, 'rst.noconn': 1 },
  },
  'a RST soon after data is none after idling': {
    packets: () => talk().open().exchange().wait(20).send('client', 50).stateless('server'),
    connections: [{ close: 'rst' }],
    totals: { 'rst.afteridle': 0 },
  },
  'a RST that answers several segments after a long silence, sent again as nobody answers, comes after idling': {
    packets: () => {
      const t = talk().open().exchange().wait(600).send('client', 1448).send('client', 200);
      return t
        .wait(0.3)
        .segment('client', ACK | PSH, 1448, { sequence: 1101 })
        .stateless('server')
        .stateless('server');
    },
    connections: [{ close: 'rst', aborter: 'server', 'rst.count.srv': 2 }],
    totals: { 'rst.afteridle': 2 },
  },
  'a RST after an answer to a keep-alive is none after idling': {
    packets: () =>
      talk()
        .open()
        .exchange()
        .wait(600)
        .segment('client', ACK, 0, { sequence: 1100 })
        .ack('server')
        .wait(1)
        .rst('server'),
    connections: [{ close: 'rst' }],
    totals: { 'rst.afteridle': 0 },
  },
  'a RST after the answer to the first data after a long silence is none after idling': {
    packets: () => talk().open().exchange().wait(600).exchange().rst('server'),
    connections: [{ close: 'rst' }],
    totals: { 'rst.afteridle': 0 },
  },
  'a RST long after the last packet, which answers nothing, is none after idling': {
    packets: () => talk().open().exchange().wait(600).rst('server'),
    connections: [{ close: 'rst' }],
    totals: { 'rst.afteridle': 0 },
  },
});

rules('retransmissions and keep-alives (semantics b3, b4)', {
  'each side has its own retransmissions, SYN, SYN+ACK and FIN among them': {
    packets: () =>
      talk()
        .syn()
        .repeat()
        .synAck()
        .repeat()
        .repeat()
        .ack('client')
        .send('client', 100)
        .repeat()
        .close('client')
        .fin('server', { sequence: 9001 }),
    connections: [{ 'retrans.count.clt': 2, 'retrans.count.srv': 3 }],
    totals: { 'retrans.count.clt': 2, 'retrans.count.srv': 3, 'retrans.count': 5 },
  },
  'data sent again in one larger segment with new ones are a retransmission': {
    packets: () =>
      talk()
        .open()
        .send('client', 100)
        .segment('client', PSH | ACK, 300, { sequence: 1001 })
        .ack('server'),
    connections: [{ 'retrans.count.clt': 1, 'bytes.clt': 400 }],
  },
  'acknowledgements that repeat themselves are no retransmissions': {
    packets: () => talk().open().send('server', 100).ack('client').repeat().repeat().close('client'),
    connections: [{ 'retrans.count.clt': 0 }],
  },
  'a keep-alive of one byte is no retransmission, two bytes are': {
    packets: () =>
      talk()
        .open()
        .send('client', 100)
        .segment('client', ACK, 1, { sequence: 1100 })
        .segment('client', ACK, 2, { sequence: 1099 }),
    connections: [{ 'retrans.count.clt': 1 }],
  },
});
