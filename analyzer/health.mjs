// For healthchecks of containers: ends with status 0 while the analyzer on this machine answers and its store works.
// What a capture says of itself is no reason to restart it: an interface that is down comes back.
const url = process.argv[2] ?? 'http://127.0.0.1:8477/api/v1/health';
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4000) });
  const { status } = await response.json();
  process.exitCode = response.ok && status !== 'down' ? 0 : 1;
} catch {
  process.exitCode = 1;
}
