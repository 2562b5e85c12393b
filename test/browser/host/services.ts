import { EventBusSrv, standardTransformers, standardTransformersRegistry } from '@grafana/data';
import * as runtime from '@grafana/runtime';
import { from } from 'rxjs';
import { Variables } from './variables';

export const variables = new Variables();

interface Request {
  url: string;
  method?: string;
  data?: unknown;
  params?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** Like Grafana's: an answer that is not 2xx is thrown, with its body in `data`. */
async function send({ url, method = 'GET', data, params = {}, headers = {} }: Request) {
  const address = new URL(url, window.location.href);
  for (const [name, value] of Object.entries(params)) {
    address.searchParams.set(name, String(value));
  }
  const response = await fetch(address, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(data !== undefined && { body: JSON.stringify(data) }),
  });
  const text = await response.text();
  const body = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : { message: text };
  const result = { data: body, status: response.status, statusText: response.statusText, ok: response.ok, url };
  if (!response.ok) {
    throw result;
  }
  return result;
}

/** Gives @grafana/runtime what Grafana's frontend gives it. */
export function startServices(): void {
  const data = (request: Request) => send(request).then((answer) => answer.data);
  runtime.setBackendSrv({
    fetch: (request: Request) => from(send(request)),
    get: (url: string, params?: Record<string, unknown>) => data({ url, ...(params && { params }) }),
    post: (url: string, body?: unknown) => data({ url, method: 'POST', data: body }),
    request: data,
  } as unknown as Parameters<typeof runtime.setBackendSrv>[0]);
  runtime.setTemplateSrv(variables);
  runtime.setEchoSrv({ addEvent() {}, addBackend() {}, flush() {} } as unknown as Parameters<
    typeof runtime.setEchoSrv
  >[0]);
  runtime.setAppEvents(new EventBusSrv());
  standardTransformersRegistry.setInit(() =>
    // The same transformation can be listed under an old name, too.
    [...new Map(Object.values(standardTransformers).map((one) => [one.id, one])).values()].map(
      (transformation) =>
        ({
          id: transformation.id,
          name: transformation.name,
          // Loaded when needed since 13; there at once before.
          transformation: Object.assign(async () => transformation, {
            operator: transformation.operator,
            defaultOptions: transformation.defaultOptions,
          }),
        }) as unknown as ReturnType<typeof standardTransformersRegistry.get>
    )
  );
}
