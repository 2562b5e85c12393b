package plugin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

func TestSettingsThatCannotWorkAreToldByName(t *testing.T) {
	for _, test := range []struct{ name, url, jsonData, want string }{
		{"another scheme", "ftp://host", `{}`, `must begin with http:// or https://`},
		{"no scheme", "host:8477", `{}`, `must begin with http:// or https://`},
		{"no host", "http://", `{}`, `names no host`},
		{"a password in the URL", "http://user:secret@host", `{}`, `must not hold a user or password`},
		{"a query in the URL", "http://host/?a=b", `{}`, `must not hold a query`},
		{"no URL", "http://ho st", `{}`, `is not a URL`},
		{"jsonData that is a list", "", `[]`, `jsonData must be an object`},
		{"a number for access", "", `{"access":1}`, `jsonData.access must be a text, not 1`},
		{"a number for url", "", `{"url":1}`, `jsonData.url must be a text`},
		{"a number for the server name", "", `{"tlsAuth":true,"serverName":1}`, `jsonData.serverName must be a text`},
		{"a number for the user", "", `{"basicAuth":true,"basicAuthUser":1}`, `jsonData.basicAuthUser must be a text`},
		{"a list for a header's name", "", `{"httpHeaderName2":[]}`, `jsonData.httpHeaderName2 must be a text`},
		{"a flag in quotes", "", `{"tlsAuthWithCACert":"true"}`, `jsonData.tlsAuthWithCACert must be true or false without quotes, not "true"`},
		{"a timeout in words", "", `{"timeout":"soon"}`, `jsonData.timeout must be a number, not "soon"`},
		{"a timeout before the start", "", `{"timeout":-1}`, `jsonData.timeout must be a number`},
		{"a timeout that is a flag", "", `{"dialTimeout":true}`, `jsonData.dialTimeout must be a number`},
		{"a certificate that is none", "", `{"tlsAuthWithCACert":true}`, `the HTTP settings cannot be used`},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := settingsFor(test.url)
			source.JSONData = []byte(test.jsonData)
			source.DecryptedSecureJSONData = map[string]string{"tlsCACert": "no certificate", "httpHeaderValue2": "x"}
			_, err := NewDatasource(context.Background(), source)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			if !backend.IsDownstreamError(err) {
				t.Error("blamed on the plugin")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Error("the error shows the password")
			}
		})
	}
}

func TestTimeoutsThatPeopleWriteMeanWhatTheySay(t *testing.T) {
	for _, test := range []struct {
		jsonData string
		want     time.Duration
	}{
		{``, 30 * time.Second},
		{`null`, 30 * time.Second},
		{`{}`, 30 * time.Second},
		{`{"timeout":null}`, 30 * time.Second},
		{`{"timeout":""}`, 30 * time.Second},
		{`{"timeout":0}`, 30 * time.Second},
		{`{"timeout":5}`, 5 * time.Second},
		{`{"timeout":"5"}`, 5 * time.Second},
		{`{"timeout":" 90 "}`, 90 * time.Second},
	} {
		source := settingsFor("")
		source.JSONData = []byte(test.jsonData)
		if got := open(t, source).analyzer.client.Timeout; got != test.want {
			t.Errorf("%s: %v, want %v", test.jsonData, got, test.want)
		}
	}
}

func TestWithoutAURLTheAnalyzersOwnDefaultIsUsed(t *testing.T) {
	if got := open(t, settingsFor(" ")).analyzer.base.String(); got != "http://127.0.0.1:8477" {
		t.Error(got)
	}
}

func TestHeadersAndPasswordsAreSent(t *testing.T) {
	server, requests := analyzerThat(t, says(http.StatusOK, `{"results":{"A":{"frames":[]}}}`))
	source := settingsFor(server.URL)
	source.BasicAuthEnabled, source.BasicAuthUser = true, "grafana"
	source.JSONData = []byte(`{"httpHeaderName1":"X-Tenant"}`)
	source.DecryptedSecureJSONData = map[string]string{"basicAuthPassword": "pass", "httpHeaderValue1": "blue"}
	if _, err := open(t, source).QueryData(context.Background(), asking(source, `{}`)); err != nil {
		t.Fatal(err)
	}
	header := (*requests)[0].header
	if header.Get("X-Tenant") != "blue" || header.Get("Authorization") != "Basic Z3JhZmFuYTpwYXNz" {
		t.Errorf("%v", header)
	}
}

// certificate makes a key and a certificate for a name, signed by itself; as PEM.
func certificate(t *testing.T, name string) (certPEM, keyPEM string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

func TestTLSIsVerifiedAndCanBeMutual(t *testing.T) {
	serverCert, serverKey := certificate(t, "analyzer.example")
	clientCert, clientKey := certificate(t, "grafana.example")
	pair, err := tls.X509KeyPair([]byte(serverCert), []byte(serverKey))
	if err != nil {
		t.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM([]byte(clientCert))
	server := httptest.NewUnstartedServer(says(http.StatusOK, `{"results":{"A":{"frames":[]}}}`))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert}
	server.Config.ErrorLog = nil
	server.StartTLS()
	defer server.Close()

	ask := func(jsonData string, secrets map[string]string) error {
		source := settingsFor(server.URL)
		source.JSONData, source.DecryptedSecureJSONData = []byte(jsonData), secrets
		response, err := open(t, source).QueryData(context.Background(), asking(source, `{}`))
		if err != nil {
			t.Fatal(err)
		}
		return response.Responses["A"].Error
	}
	all := map[string]string{"tlsCACert": serverCert, "tlsClientCert": clientCert, "tlsClientKey": clientKey}
	for _, test := range []struct{ name, jsonData, want string }{
		{"no authority", `{}`, "certificate"},
		{"an authority and no client certificate", `{"tlsAuthWithCACert":true,"serverName":"analyzer.example"}`, "certificate"},
		{"another name", `{"tlsAuth":true,"tlsAuthWithCACert":true,"serverName":"other.example"}`, "certificate"},
		{"both", `{"tlsAuth":true,"tlsAuthWithCACert":true,"serverName":"analyzer.example"}`, ""},
		{"a client certificate without verifying", `{"tlsAuth":true,"tlsSkipVerify":true}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			secrets := all
			if !strings.Contains(test.jsonData, `"tlsAuth":true`) {
				secrets = map[string]string{"tlsCACert": serverCert}
			}
			err := ask(test.jsonData, secrets)
			if test.want == "" && err != nil {
				t.Error(err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
