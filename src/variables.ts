import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { from, map, of, type Observable } from 'rxjs';
import { VariableEditor } from './components/VariableEditor';
import type { TcpDataSource } from './datasource';
import type { TcpQuery } from './types';

/** What a variable's query may be: today's model, or the name of a field alone as a text. */
type VariableQuery = TcpQuery | string;

/** Reads a saved variable query; `client.ip` and `values(client.ip)` are short for the values of that field. */
export function readVariableQuery(saved: VariableQuery): TcpQuery {
  if (typeof saved === 'string') {
    const field = /^\s*(?:values\s*\(\s*)?([^()\s]*)/.exec(saved)?.[1] ?? '';
    return { refId: 'variable', kind: 'values', field };
  }
  return { ...saved, refId: saved.refId ?? 'variable', kind: 'values' };
}

/** Dashboard variables: the values that a field takes in the dashboard's time range. */
export class TcpVariableSupport extends CustomVariableSupport<TcpDataSource, TcpQuery> {
  editor = VariableEditor;

  constructor(private readonly datasource: TcpDataSource) {
    super();
  }

  getDefaultQuery(): Partial<TcpQuery> {
    return { kind: 'values', field: 'client.ip' };
  }

  query(request: DataQueryRequest<TcpQuery>): Observable<DataQueryResponse> {
    const saved: VariableQuery | null | undefined = request.targets[0];
    const query = this.datasource.applyTemplateVariables(readVariableQuery(saved ?? ''), request.scopedVars);
    if (!query.field) {
      return of({ data: [] });
    }
    // Of its own, not that of other queries; what is empty or null says nothing.
    const limit = typeof saved === 'object' && saved?.limit ? Number(query.limit) : undefined;
    return from(this.datasource.fieldValues(query.field, request.range, query.search, limit)).pipe(
      map((values) => ({ data: values.map((value) => ({ text: value, value })) }))
    );
  }
}
