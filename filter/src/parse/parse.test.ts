import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { limits, parseFilter, printFilter, type FilterErrorCode, type RowKind } from '../index.js';

describe('accepted', () => {
  const filters: ReadonlyArray<readonly [string, RowKind]> = [
    // The article's own
    ['rst.count > 0 and fin.count = 0', 'windows'],
    ['rst.count > 0 and ct.count = 0', 'windows'],
    // The canned filters of the pages
    ['rst.count.srv > 0 and fin.count = 0', 'windows'],
    ['syn.count > 0 and ct.count = 0', 'windows'],
    ['syn.ratio > 2', 'windows'],
    ['rst.noconn.srv > 0', 'windows'],
    ['refused.count > 0', 'windows'],
    ['close.rst > 0 and fin.count = 0', 'windows'],
    ['server.port in {1194}', 'windows'],
    // What an editor suggests
    ['syn.ratio > 3 or (syn.count > 3 and ct.count = 0)', 'windows'],
    // Every construct, as it is printed
    ['server.port in {80, 443, 8000..8800}', 'windows'],
    ['server.port not in {80, 443}', 'windows'],
    ['client.ip in {10.0.0.1, 10.1.0.0/16, 10.2.0.1..10.2.0.9, 2001:db8::/32, ::1}', 'windows'],
    ['client.ip in 10.0.0.0/8', 'windows'],
    ['client.ip not in 10.0.0.0/8', 'windows'],
    ['client.ip = 2001:db8::1', 'windows'],
    ['client.ip != server.ip', 'windows'],
    ['client.zone = server.zone', 'windows'],
    ['application in {"web", "it\'s", "a\\"b\\\\c\\n"}', 'windows'],
    ['application in "web*"', 'windows'],
    ['client.zone in "/Local"', 'windows'],
    ['client.zone in "/Local/*/Servers"', 'windows'],
    ['application ~ "^web-\\\\d+$"', 'windows'],
    ['application !~ "(?i)test"', 'windows'],
    ['rst.ratio is null', 'windows'],
    ['rst.count / syn.count is not null', 'windows'],
    ['rst.count.srv / (syn.count + 1) * 2 > 10%', 'windows'],
    ['ct.avg > 200ms', 'windows'],
    ['ct.max - ct.avg > 1.5s', 'windows'],
    ['reset.ratio.srv > 10%', 'windows'],
    ['bytes > 1.5M', 'windows'],
    ['not not rst.count > 0', 'windows'],
    ['vlan = 12 or vlan is null', 'windows'],
    ['rst.count > -1', 'windows'],
    ['rst.ratio = null', 'windows'],
    ['1 = 1', 'windows'],
    ['$filter and server.port in $ports', 'windows'],
    ['client.ip = ${client} and server.port in {[[port]], 80}', 'windows'],
    ['$metric > 3', 'windows'],
    ['close = rst', 'connections'],
    ['close in {rst, finrst} and closer = client and aborter != closer', 'connections'],
    ['state = SF and history ~ "^S"', 'connections'],
    ['midstream and not oneway', 'connections'],
    ['midstream = false', 'connections'],
    ['stage is null', 'connections'],
    ['ct > 1s and duration < 2h', 'connections'],
    ['start > "2026-10-01T12:00:00.5Z"', 'connections'],
    ['client.port > 1024 and rst.count > 0', 'connections'],
  ];
  for (const [text, rows] of filters) {
    test(text, () => {
      const parsed = parseFilter(text, rows);
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem.message);
      assert.equal(printFilter(parsed.expression), text);
    });
  }

  test('nothing, and blanks of every kind, are the filter that matches everything', () => {
    for (const text of ['', ' ', '\t\r\n', '\u00a0\u3000\ufeff']) {
      assert.deepEqual(parseFilter(text, 'windows'), { ok: true, expression: null });
    }
  });

  test('blanks are needed only between words', () => {
    const parsed = parseFilter('(rst.count>0)and(server.port in{80,443})or not(fin.count=0)', 'windows');
    assert.ok(parsed.ok);
    assert.equal(printFilter(parsed.expression), '(rst.count > 0 and server.port in {80, 443}) or not fin.count = 0');
  });

  test('quoted truths, as dashboards write them, are truths', () => {
    for (const [text, expected] of [
      ['midstream = "true"', 'midstream'],
      ['oneway != "false"', 'oneway != false'],
    ] as const) {
      const parsed = parseFilter(text, 'connections');
      assert.ok(parsed.ok);
      assert.equal(printFilter(parsed.expression), expected);
    }
    assert.equal(parseFilter('midstream = "yes"', 'connections').ok, false);
  });

  test('quoted numbers and addresses, as dashboards write them, are numbers and addresses', () => {
    for (const [text, expected] of [
      ['server.port in {"80", "443"}', 'server.port in {80, 443}'],
      ['client.ip = "10.0.0.1"', 'client.ip = 10.0.0.1'],
      ['client.ip in {"10.0.0.1", "10.1.0.0/16"}', 'client.ip in {10.0.0.1, 10.1.0.0/16}'],
    ] as const) {
      const parsed = parseFilter(text, 'windows');
      assert.ok(parsed.ok);
      assert.equal(printFilter(parsed.expression), expected);
    }
  });
});

describe('refused', () => {
  type Refusal = readonly [
    text: string,
    code: string,
    message: RegExp,
    at: readonly [number, number],
    rows?: RowKind,
    hint?: string,
  ];
  const refusals: readonly Refusal[] = [
    // What is missing, and where
    ['rst.count >', 'SYNTAX', /^Expected a value after >\.$/, [11, 11]],
    ['rst.count > ', 'SYNTAX', /^Expected a value after >\.$/, [12, 12]],
    ['rst.count > and fin.count = 0', 'SYNTAX', /Expected a value after >, found "and"/, [12, 15]],
    ['rst.count > 0 and', 'SYNTAX', /Expected a condition such as rst\.count > 0 after and/, [17, 17]],
    ['and rst.count > 0', 'SYNTAX', /Expected a condition .* at the beginning, found "and"/, [0, 3]],
    ['rst.count > 0 fin.count = 0', 'SYNTAX', /Expected "and", "or" or the end after 0/, [14, 23]],
    ['rst.count 0', 'SYNTAX', /Expected an operator such as = or > after rst\.count, found "0"/, [10, 11]],
    ['rst.count is', 'SYNTAX', /Expected null or not null after is/, [12, 12]],
    ['rst.count is not', 'SYNTAX', /Expected null after not/, [16, 16]],
    ['rst.count is 0', 'SYNTAX', /Expected null or not null after is, found "0"/, [13, 14]],
    ['rst.count not 0', 'SYNTAX', /Expected in after not/, [14, 15]],
    ['server.port in', 'SYNTAX', /Expected a set such as \{80, 443\}/, [14, 14]],
    ['server.port in {', 'SYNTAX', /Expected a value after \{/, [16, 16]],
    ['server.port in {80', 'SYNTAX', /This \{ is not closed\. Add \}/, [15, 16]],
    ['server.port in {80 443}', 'SYNTAX', /Expected "," or "\}" after 80, found "443"/, [19, 22]],
    ['server.port in {}', 'SYNTAX', /Expected a value after \{, found "\}"/, [16, 17]],
    ['application ~ web', 'SYNTAX', /Expected a pattern in quotes after ~, found "web"/, [14, 17]],
    ['(rst.count > 0', 'SYNTAX', /This \( is not closed\. Add \)/, [0, 1]],
    ['((rst.count > 0)', 'SYNTAX', /This \( is not closed/, [0, 1]],
    ['(rst.count > 0))', 'SYNTAX', /There is no \( for this \)/, [15, 16]],
    ['(rst.count > 0) fin', 'SYNTAX', /Expected "and", "or" or an operator after \), found "fin"/, [16, 19]],
    ['rst.count > 0)', 'SYNTAX', /There is no \( for this \)/, [13, 14]],
    ['()', 'SYNTAX', /Expected a condition .* after \(/, [1, 2]],
    ['application = "web', 'SYNTAX', /begins with " is not closed\. Add "/, [14, 18]],
    ["application = 'web", 'SYNTAX', /begins with ' is not closed\. Add '/, [14, 18]],
    ['rst.count > 0 ; drop', 'SYNTAX', /found ";"/, [14, 15]],
    ['rst.count > \u0000', 'SYNTAX', /unprintable character U\+0000/, [12, 13]],
    ['application = "\ud800"', 'SYNTAX', /unprintable character U\+D800/, [15, 16]],
    // Other languages
    ['a > 1 && b > 1', 'SYNTAX', /Write and\./, [6, 8], 'windows', 'and'],
    ['a > 1 || b > 1', 'SYNTAX', /Write or\./, [6, 8], 'windows', 'or'],
    ['rst.count => 0', 'SYNTAX', /Write >=\./, [10, 12], 'windows', '>='],
    ['application =~ "x"', 'SYNTAX', /Write ~\./, [12, 14], 'windows', '~'],
    ['application like "x%"', 'SYNTAX', /in "web\*" for wildcards/, [12, 16]],
    ['rst.count between 1 and 2', 'SYNTAX', /Write in \{1\.\.10\}/, [10, 17]],
    ['application = “web”', 'SYNTAX', /Write straight quotes/, [14, 15], 'windows', '"'],
    ['client.zone = /Local', 'SYNTAX', /Put zone paths in quotes/, [14, 15]],
    ['1 < rst.count < 3', 'SYNTAX', /Comparisons do not chain/, [14, 15]],
    // Fields
    ['rst.cnt > 0', 'FIELD', /^Unknown field "rst\.cnt"\. Did you mean rst\.count\?$/, [0, 7], 'windows', 'rst.count'],
    ['not (rst.cnt > 0)', 'FIELD', /Did you mean rst\.count/, [5, 12], 'windows', 'rst.count'],
    ['rst.count. > 0', 'FIELD', /Did you mean rst\.count\?/, [0, 10], 'windows', 'rst.count'],
    ['qqqqqqqqq > 0', 'FIELD', /docs\/fields\.md lists the fields/, [0, 9]],
    ['close = rst', 'FIELD', /"close" is a field of single connections, not of conversations and groups/, [0, 5]],
    ['rst.ratio > 1', 'FIELD', /field of conversations and groups, not of single connections/, [0, 9], 'connections'],
    ['application = web', 'FIELD', /Put text in quotes: "web"/, [14, 17], 'windows', '"web"'],
    ['web = application', 'FIELD', /Put text in quotes: "web"/, [0, 3], 'windows', '"web"'],
    // Types
    ['rst.count', 'TYPE', /rst\.count is a number, not a condition\. Compare it, for example rst\.count > 0/, [0, 9]],
    ['close', 'TYPE', /for example close = refused/, [0, 5], 'connections'],
    ['rst.count > 0 and fin.count', 'TYPE', /fin\.count is a number, not a condition/, [18, 27]],
    ['5', 'TYPE', /a value, not a condition/, [0, 1]],
    ['true', 'TYPE', /A condition needs a field/, [0, 4]],
    ['(rst.count > 0) > 1', 'TYPE', /found a condition/, [1, 14]],
    ['client.ip = 80', 'TYPE', /client\.ip is an address, but the value is a number/, [12, 14]],
    ['client.ip = server.port', 'TYPE', /client\.ip is an address, but server\.port is a number/, [12, 23]],
    ['client.ip > 10.0.0.1', 'TYPE', /> does not order client\.ip, an address\. Use =, !=, in or not in/, [0, 20]],
    ['application > "a"', 'TYPE', /does not order application, a text/, [0, 17]],
    ['application = 443', 'TYPE', /Put the value in quotes/, [14, 17]],
    ['rst.count = "many"', 'TYPE', /rst\.count is a number, "many" is not/, [12, 18]],
    ['rst.count ~ "1"', 'TYPE', /~ applies to text fields only/, [0, 9]],
    ['application ~ "(a"', 'TYPE', /not understood at character 1: this \( is not closed/, [14, 18]],
    ['midstream = 1', 'TYPE', /Write midstream or not midstream/, [12, 13], 'connections'],
    ['midstream in {true}', 'TYPE', /in does not apply to midstream/, [0, 19], 'connections'],
    ['close = rts', 'TYPE', /Its values are refused, .* Did you mean rst\?/, [8, 11], 'connections', 'rst'],
    ['close = "rts"', 'TYPE', /Did you mean rst\?/, [8, 13], 'connections', 'rst'],
    ['close in {rst, fon}', 'TYPE', /Did you mean fin\?/, [15, 18], 'connections', 'fin'],
    ['start > "yesterday"', 'TYPE', /Write "2026-10-01T12:00:00Z"/, [8, 19], 'connections'],
    ['start > 5', 'TYPE', /start is a time, but the value is a number/, [8, 9], 'connections'],
    ['start + 1 > 5', 'TYPE', /Arithmetic needs numbers; start, a time is none/, [0, 5], 'connections'],
    ['"a" = "b"', 'TYPE', /Both sides are values/, [0, 9]],
    ['null is null', 'TYPE', /A field belongs before is null/, [0, 4]],
    ['80 in {80}', 'TYPE', /A field belongs before in/, [0, 2]],
    ['rst.count + client.ip > 1', 'TYPE', /Arithmetic needs numbers; client\.ip, an address is none/, [12, 21]],
    ['rst.count + null > 1', 'TYPE', /Arithmetic needs numbers; null is none/, [12, 16]],
    ['server.port in {null}', 'TYPE', /null is in no set\. Write server\.port is null/, [16, 20]],
    ['server.port in {fin.count}', 'TYPE', /A set has values, not fields/, [16, 25]],
    ['server.port in {90..80}', 'TYPE', /the lower end comes first/, [16, 22]],
    ['client.ip in {10.0.0.9..10.0.0.1}', 'TYPE', /to a later one of the same family/, [14, 32]],
    ['client.ip in {10.0.0.1..::ffff}', 'TYPE', /same family/, [14, 30]],
    ['client.ip in {10.0.0.0/8..10.0.0.9}', 'TYPE', /from number to number or from address to address/, [14, 34]],
    ['server.port = 70000', 'TYPE', /whole number from 0 to 65535/, [14, 19]],
    ['server.port in {70000}', 'TYPE', /whole number from 0 to 65535/, [16, 21]],
    ['rst.count > 5min', 'TYPE', /unknown suffix\. Suffixes are %, us, ms, s, m, h, k, M or G/, [12, 16]],
    ['ct.avg > 5MS', 'TYPE', /unknown suffix/, [9, 12], 'windows', '5ms'],
    ['rst.count > 10%', 'TYPE', /rst\.count is a count, 10% is a share/, [12, 15]],
    ['rst.count > 10ms', 'TYPE', /10ms is a duration/, [12, 16]],
    ['ct.avg > 10%', 'TYPE', /ct\.avg is a duration, 10% is a share/, [9, 12]],
    ['ct.avg + 10% > 1', 'TYPE', /ct\.avg is a duration, 10% is a share/, [9, 12]],
    ['rst.count > 10ms5', 'TYPE', /"10ms5" is neither a number nor an address/, [12, 17]],
    ['client.ip = 10.0.0', 'TYPE', /"10\.0\.0" is neither a number nor an address/, [12, 18]],
    ['client.ip = 10.0.0.300', 'TYPE', /"10\.0\.0\.300" is not an address/, [12, 22]],
    ['client.ip = 10.0.0.0/33', 'TYPE', /0 to 32 bits, not 33/, [12, 23]],
    ['client.ip = ::/129', 'TYPE', /0 to 128 bits/, [12, 18]],
    ['client.ip = "web"', 'TYPE', /"web" is not an address/, [12, 17]],
    ['client.ip = "10.0.0.0/x"', 'TYPE', /not an address or a network/, [12, 24]],
    [`rst.count > 1${'0'.repeat(400)}`, 'TYPE', /too large a number/, [12, 413]],
    // Limits
    ['x'.repeat(10_001), 'LIMIT', /10001 characters; at most 10000/, [10_000, 10_001]],
    [`${'('.repeat(101)}a${')'.repeat(101)}`, 'LIMIT', /nested deeper than 100/, [100, 101]],
    [`${'not '.repeat(101)}a`, 'LIMIT', /nested deeper than 100/, [400, 403]],
    [`a > ${'-'.repeat(101)}1`, 'LIMIT', /nested deeper than 100/, [104, 105]],
    [`server.port in {${'1,'.repeat(1_000)}1}`, 'LIMIT', /1001 values; at most 1000/, [15, 2018]],
    [`1${'+1'.repeat(101)} > 1`, 'LIMIT', /at most 100 operators in a row/, [0, 3]],
  ];
  for (const [text, code, message, [start, end], rows = 'windows', hint] of refusals) {
    const shown = text.length > 60 ? `${text.slice(0, 40)}… (${text.length} characters)` : text;
    test(`${JSON.stringify(shown)} on ${rows}: ${message.source}`, () => {
      const parsed = parseFilter(text, rows);
      assert.ok(!parsed.ok);
      assert.match(parsed.problem.message, message);
      const expected: FilterErrorCode = `TCPS_E_FILTER_${code}` as FilterErrorCode;
      assert.equal(parsed.problem.code, expected);
      assert.deepEqual(parsed.problem.position, { start, end });
      assert.equal(parsed.problem.hint, hint);
    });
  }
});

describe('variables', () => {
  const filters = [
    'server.port = $port',
    'server.port in $port',
    'server.port in {80, $port}',
    '$port',
    'rst.count + $port > 1',
  ];
  for (const text of filters) {
    test(`${text} is a placeholder for Grafana and an error behind it`, () => {
      assert.ok(parseFilter(text, 'windows').ok);
      const refused = parseFilter(text, 'windows', { variables: 'refuse' });
      assert.ok(!refused.ok);
      assert.equal(refused.problem.code, 'TCPS_E_FILTER_VARIABLE');
      assert.match(refused.problem.message, /"\$port" was not replaced/);
      assert.equal(text.slice(refused.problem.position.start, refused.problem.position.end), '$port');
    });
  }

  test('a dollar within quotes is text', () => {
    assert.ok(parseFilter('application = "$web"', 'windows', { variables: 'refuse' }).ok);
  });
});

describe('any text at all', () => {
  const pieces = fc.constantFrom(
    ...[
      'rst.count',
      'client.ip',
      'application',
      'close',
      'and',
      'or',
      'not',
      'in',
      'is',
      'null',
      'true',
      '~',
      '!~',
      '=',
      '>',
      '<=',
    ],
    ...[
      '(',
      ')',
      '{',
      '}',
      ',',
      '..',
      '+',
      '-',
      '*',
      '/',
      '0',
      '10ms',
      '1e308',
      '10.0.0.1',
      '::1',
      '/8',
      '"x"',
      '"',
      "'",
      '$x',
      '${',
      '[[',
    ],
    ...['\u0000', '\ud800', '😀', 'é', '“', '\\', '#', '%', '&&', '9'.repeat(30), ' ', '\n', 'A'.repeat(20)]
  );
  const long = fc
    .tuple(pieces, fc.integer({ min: 1, max: 12_000 }))
    .map(([piece, times]) => piece.repeat(times).slice(0, limits.textLength + 100));
  const broken = fc.oneof(
    { weight: 8, arbitrary: fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(' ')) },
    { weight: 8, arbitrary: fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')) },
    { weight: 8, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
    { weight: 1, arbitrary: long }
  );

  test('is read or refused with a position inside it, and never throws', () => {
    fc.assert(
      fc.property(broken, fc.constantFrom('windows' as const, 'connections' as const), (text, rows) => {
        const parsed = parseFilter(text, rows);
        if (!parsed.ok) {
          const { start, end } = parsed.problem.position;
          assert.ok(start >= 0 && start <= end && end <= text.length, `${start}..${end} of ${text.length}`);
          assert.ok(parsed.problem.message.length > 10 && parsed.problem.message.length < 500);
        }
      }),
      { numRuns: 1_000 }
    );
  });

  test('of the greatest length is read, in sums, sets, groups and signs alike', () => {
    const wide = ['rst.count>0 and ', 'not rst.count>0 or ', '(rst.count>0) and '];
    for (const piece of wide) {
      const text = `${piece.repeat(Math.floor((limits.textLength - 20) / piece.length))}fin.count = 0`;
      assert.ok(parseFilter(text, 'windows').ok, piece);
    }
    const parsed = parseFilter(`server.port in {${'1,'.repeat(999)}1}`, 'windows');
    assert.ok(parsed.ok);
  });
});

test('values with hyphens need no quotes where they are compared, and take nothing from subtraction', () => {
  const read = (text: string) => {
    const parsed = parseFilter(text, 'connections');
    assert.ok(parsed.ok && parsed.expression !== null, text);
    return printFilter(parsed.expression);
  };
  assert.equal(read('cause = no-answer'), 'cause = no-answer');
  assert.equal(read('CAUSE = "No-Answer"'), 'cause = no-answer');
  assert.equal(read('cause in {half-open, "closes-by-rst"}'), 'cause in {half-open, closes-by-rst}');
  assert.equal(read('syn.count-synack.count > 1'), 'syn.count - synack.count > 1');
  const wrong = parseFilter('cause = no-answers', 'connections');
  assert.ok(!wrong.ok);
});
