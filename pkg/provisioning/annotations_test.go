// Package provisioning has nothing but tests: what Grafana makes of the texts in provisioning/alerting, which are Go templates.
package provisioning

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v3"
)

type value struct{ Value float64 }

// instance is what an annotation can name of an instance of an alert.
type instance struct {
	Labels map[string]string
	Values map[string]value
}

func annotationsOf(t *testing.T, file, title string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../provisioning/alerting/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var content struct {
		Groups []struct {
			Rules []struct {
				Title       string            `yaml:"title"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(text, &content); err != nil {
		t.Fatal(err)
	}
	for _, group := range content.Groups {
		for _, rule := range group.Rules {
			if rule.Title == title {
				return rule.Annotations
			}
		}
	}
	t.Fatalf("%s has no rule %q", file, title)
	return nil
}

// expand does what Grafana does with an annotation: Go's templates, with the functions of Prometheus that ours call
// (prometheus/template: reReplaceAll, humanizePercentage) and the address of Grafana as externalURL.
func expand(t *testing.T, text, externalURL string, of instance) string {
	t.Helper()
	functions := template.FuncMap{
		"externalURL":        func() string { return externalURL },
		"humanizePercentage": func(share float64) string { return fmt.Sprintf("%.4g%%", share*100) },
		"reReplaceAll": func(pattern, by, in string) string {
			return regexp.MustCompile(pattern).ReplaceAllString(in, by)
		},
	}
	names := "{{- $labels := .Labels -}}{{- $values := .Values -}}"
	parsed, err := template.New("annotation").Funcs(functions).Parse(names + text)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := parsed.Execute(&out, of); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestServerRSTSpikeAnnotations(t *testing.T) {
	annotations := annotationsOf(t, "server-rst-spike.yml", "Server RST spike")
	spike := func(now, before float64) instance {
		return instance{
			Labels: map[string]string{"server.ip": "2001:db8::1", "server.port": "8443"},
			Values: map[string]value{"C": {now}, "H": {before}},
		}
	}
	const drill = "?var-drill=server.ip+%3D+%222001%3Adb8%3A%3A1%22+and+server.port+%3D+%228443%22"
	for name, test := range map[string]struct {
		annotation, externalURL string
		of                      instance
		want                    string
	}{
		"a share":                  {"summary", "", spike(0.397, 0), "2001:db8::1 port 8443 resets 39.7% of connections and attempts"},
		"a share of more than all": {"summary", "", spike(1.038, 0), "2001:db8::1 port 8443 resets 100% of connections and attempts"},
		"the hour before":          {"description", "", spike(1, 0.0238), "Over 5 minutes; 2.38% in the hour before."},
		"an hour of more than all": {"description", "", spike(1, 1.008), "Over 5 minutes; 100% in the hour before."},
		"capture":                  {"capture", "http://grafana/", spike(1, 0), "http://grafana/d/tcpscope-capture-health"},
		"capture, no slash":        {"capture", "http://grafana", spike(1, 0), "http://grafana/d/tcpscope-capture-health"},
		"conversations":            {"conversations", "http://grafana/sub/", spike(1, 0), "http://grafana/sub/d/tcpscope-conversations" + drill},
		"nobody to ask":            {"summary", "", instance{}, "Whether a server resets more than before is unknown: the analyzer cannot be asked"},
		"nobody to ask, more":      {"description", "", instance{}, "The error says why."},
		"nobody to ask, link":      {"conversations", "http://grafana/", instance{}, "http://grafana/d/tcpscope-conversations"},
	} {
		t.Run(name, func(t *testing.T) {
			got := expand(t, annotations[test.annotation], test.externalURL, test.of)
			matches := got == test.want
			if test.annotation == "description" { // its first sentence says which text it is
				matches = strings.HasPrefix(got, test.want+" ")
			}
			if !matches {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
