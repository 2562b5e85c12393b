package plugin

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
)

// browserKey finds the headers of the browser whose call is under way.
type browserKey struct{}

// fromBrowser marks what is asked for an editor, so that withoutBrowser knows what the browser sent.
func fromBrowser(r *http.Request) context.Context {
	return context.WithValue(r.Context(), browserKey{}, r.Header)
}

// withoutBrowser takes away what speaks of the browser and its way to Grafana, and leaves who asks, which a proxy in front of
// the analyzer may want. The SDK forwards that alone with queries, but all headers with calls of editors: packings
// (Accept-Encoding) that nobody here unpacks, and whatever a proxy in front of Grafana added, such as tokens that are meant
// for Grafana and may be longer than the analyzer reads.
func withoutBrowser() httpclient.Middleware {
	return httpclient.MiddlewareFunc(func(_ httpclient.Options, next http.RoundTripper) http.RoundTripper {
		return httpclient.RoundTripperFunc(func(request *http.Request) (*http.Response, error) {
			browser, _ := request.Context().Value(browserKey{}).(http.Header)
			for name, values := range browser {
				// Another value is the plugin's own, or of the data source's settings: neither is replaced when it is forwarded.
				if !staysWithRequest(name) && slices.Equal(request.Header.Values(name), values) {
					request.Header.Del(name)
				}
			}
			return next.RoundTrip(request)
		})
	})
}

func staysWithRequest(name string) bool {
	name = http.CanonicalHeaderKey(name)
	switch name {
	case backend.OAuthIdentityTokenHeaderName, backend.OAuthIdentityIDTokenHeaderName, backend.CookiesHeaderName:
		return true
	case "Accept", "Content-Type": // of every call, the same from wherever
		return true
	}
	return strings.HasPrefix(name, "X-Grafana-")
}
