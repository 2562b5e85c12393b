import { DataSourcePlugin } from '@grafana/data';
import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { TcpDataSource } from './datasource';
import type { TcpOptions, TcpQuery, TcpSecureOptions } from './types';

export const plugin = new DataSourcePlugin<TcpDataSource, TcpQuery, TcpOptions, TcpSecureOptions>(TcpDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
