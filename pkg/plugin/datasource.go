// Package plugin hands Grafana's calls to a tcpscope analyzer and its answers back. It holds no rules of its own: what a
// query means, which fields exist and how a frame looks is the analyzer's business.
package plugin

import (
	"context"
	"fmt"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
)

// ID of the plugin, as in plugin.json.
const ID = "tcpscope-tcpevents-datasource"

var (
	_ backend.QueryDataHandler      = (*Datasource)(nil)
	_ backend.CheckHealthHandler    = (*Datasource)(nil)
	_ backend.CallResourceHandler   = (*Datasource)(nil)
	_ instancemgmt.InstanceDisposer = (*Datasource)(nil)
)

// Datasource is one configured data source: its analyzer, and the handlers that ask it.
type Datasource struct {
	backend.CallResourceHandler
	analyzer *analyzer
}

// NewDatasource is called by the SDK for every data source, and again when its settings change. It fails on settings that
// cannot work at all; an analyzer that is away is a matter of the health check. The SDK's reading of jsonData asserts
// types without checking them, so a value it does not expect must end as an error and not as a dead plugin.
func NewDatasource(ctx context.Context, source backend.DataSourceInstanceSettings) (_ instancemgmt.Instance, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = backend.DownstreamError(fmt.Errorf("the data source's settings cannot be read: %v", cause))
		}
	}()
	s, err := loadSettings(ctx, source)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	a, err := newAnalyzer(s)
	if err != nil {
		return nil, backend.DownstreamError(err)
	}
	return &Datasource{CallResourceHandler: httpadapter.New(resources(a)), analyzer: a}, nil
}

// Dispose is called when the settings changed and this instance is no longer used.
func (d *Datasource) Dispose() {
	d.analyzer.client.CloseIdleConnections()
}
