package plugin

import (
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
)

// browsersOwn are headers that speak of the exchange between a browser and Grafana. They say nothing about the one between
// this plugin and the analyzer.
var browsersOwn = []string{
	// The transport unpacks what it asked to be packed itself, and nothing else: brotli, or gzip that the browser asked for,
	// would arrive here as it is.
	"Accept-Encoding",
	// One connection each.
	"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Upgrade",
	// An answer is wanted, and a whole one, whatever the browser has of an earlier one.
	"Expect", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range",
}

// withoutBrowsersOwn takes those headers away. The SDK forwards who asks (OAuth, cookies, what Grafana adds), which a proxy in
// front of the analyzer may want; with calls of editors it forwards everything that the browser sent.
func withoutBrowsersOwn() httpclient.Middleware {
	return httpclient.MiddlewareFunc(func(_ httpclient.Options, next http.RoundTripper) http.RoundTripper {
		return httpclient.RoundTripperFunc(func(request *http.Request) (*http.Response, error) {
			for _, name := range browsersOwn {
				request.Header.Del(name)
			}
			return next.RoundTrip(request)
		})
	})
}
