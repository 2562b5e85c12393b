const query = (refId: string, model: object) => ({ refId, scope: 'flows', limit: 10, filter: '', ...model });

/** One panel of each type that dashboards of this plugin use, with variables, units, overrides and links. */
export const sampleDashboard = {
  title: 'Every panel type',
  panels: [
    {
      id: 1,
      type: 'timeseries',
      title: 'RST for each connection',
      gridPos: { x: 0, y: 0, w: 16, h: 7 },
      targets: [query('A', { kind: 'timeseries', metrics: ['rst.ratio.clt', 'rst.ratio.srv'] })],
      fieldConfig: { defaults: { custom: { fillOpacity: 20 } }, overrides: [] },
    },
    {
      id: 2,
      type: 'stat',
      title: 'Refused',
      gridPos: { x: 16, y: 0, w: 8, h: 3 },
      targets: [query('A', { kind: 'timeseries', metrics: ['refused.ratio'] })],
      fieldConfig: { defaults: { unit: 'percentunit' }, overrides: [] },
    },
    {
      id: 3,
      type: 'piechart',
      title: 'How connections ended',
      gridPos: { x: 16, y: 3, w: 8, h: 4 },
      targets: [query('A', { kind: 'closes' })],
    },
    {
      id: 4,
      type: 'table',
      title: 'Top clients of $server',
      gridPos: { x: 0, y: 7, w: 24, h: 7 },
      targets: [
        query('A', {
          kind: 'top',
          groupBy: ['client.ip'],
          metrics: ['syn.count', 'ct.count', 'syn.ratio', 'rst.count.srv'],
          filter: 'server.ip in $server and rst.count > 0',
        }),
        query('B', { kind: 'top', metrics: ['rst.cuont'], hide: true }),
      ],
      fieldConfig: {
        defaults: {},
        overrides: [
          {
            matcher: { id: 'byName', options: 'client.ip' },
            properties: [
              {
                id: 'links',
                value: [
                  { title: 'Conversations', url: '/d/conversations?var-client=${__value.raw}&${__url_time_range}' },
                ],
              },
            ],
          },
          {
            matcher: { id: 'byName', options: 'syn.ratio' },
            properties: [
              { id: 'displayName', value: 'SYN for each connection' },
              { id: 'decimals', value: 2 },
              { id: 'noValue', value: '∞ (no connection)' },
            ],
          },
        ],
      },
      transformations: [{ id: 'organize', options: { excludeByName: { 'ct.count': true } } }],
    },
    { id: 5, type: 'row', title: 'More', gridPos: { x: 0, y: 14, w: 24, h: 1 } },
    {
      id: 6,
      type: 'table',
      title: 'Last connections',
      gridPos: { x: 0, y: 15, w: 16, h: 6 },
      targets: [query('A', { kind: 'connections' })],
    },
    {
      id: 7,
      type: 'text',
      title: 'What this is',
      gridPos: { x: 16, y: 15, w: 8, h: 6 },
      options: { mode: 'markdown', content: 'Resets **of the server** `$server`.' },
    },
  ],
};
