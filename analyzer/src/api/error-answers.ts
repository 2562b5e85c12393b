import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { Log } from '../store/log.js';

/** What a failed request is answered with. */
export interface ErrorAnswer {
  readonly code: string;
  readonly message: string;
  readonly position?: { readonly start: number; readonly end: number };
  readonly hint?: string;
}

export function errorAnswer({ code, message, position, hint }: TcpscopeError): ErrorAnswer {
  return { code, message, ...(position === undefined ? {} : { position }), ...(hint === undefined ? {} : { hint }) };
}

/** Turns whatever was thrown into an error of the catalogue; what nobody foresaw is logged and not shown. */
export function knownError(
  thrown: unknown,
  request: Pick<FastifyRequest, 'id' | 'cancelled'>,
  limit: number,
  log: Log
): TcpscopeError {
  const reason: unknown = request.cancelled?.aborted === true ? request.cancelled.reason : null;
  if (thrown instanceof TcpscopeError) {
    return thrown.code === errorKinds.queryCancelled.code && reason instanceof TcpscopeError ? reason : thrown;
  }
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    const [first] = thrown.validation;
    const where =
      first?.instancePath
        .split('/')
        .filter((part) => part !== '')
        .join('.') ?? '';
    return new TcpscopeError(errorKinds.apiRequest, [
      `${where === '' ? '' : `"${where}": `}${first?.message ?? 'unreadable'}`,
    ]);
  }
  const framework = frameworkError(thrown as FastifyError, limit);
  if (framework !== null) {
    return framework;
  }
  if (reason instanceof TcpscopeError) {
    return reason;
  }
  log.error({ err: thrown, request: request.id }, 'request failed unexpectedly');
  return new TcpscopeError(errorKinds.internal, [request.id]);
}

/** Errors of the HTTP framework. */
function frameworkError(error: Partial<FastifyError> | null | undefined, limit: number): TcpscopeError | null {
  switch (error?.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new TcpscopeError(errorKinds.apiBodySize, [limit]);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new TcpscopeError(errorKinds.apiMediaType);
    default: {
      const status = error?.statusCode;
      return status !== undefined && status >= 400 && status < 500
        ? new TcpscopeError(errorKinds.apiRequest, [lowerFirst(error?.message ?? '').replace(/\.$/, '')])
        : null;
    }
  }
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1, 300);
}

export function sendError(reply: FastifyReply, error: TcpscopeError): FastifyReply {
  if (error.status === 401) {
    void reply.header('www-authenticate', 'Bearer');
  }
  return reply
    .code(error.status)
    .type('application/json')
    .send(JSON.stringify(errorAnswer(error)));
}
