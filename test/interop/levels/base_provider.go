// A provider written from the base document alone, with Go's standard library: one path, three names, the statuses 204,
// 400, 404 and 500, each error with a line of text. Usage: base_provider [TOKEN]; prints its port. With a TOKEN it asks
// for it in X-Auth-Token, which is more than the document says.
package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"sync"
	"unicode/utf8"
)

var path = regexp.MustCompile(`^/v2/manage/namespaces/([^/]+)/repos/([^/]+)/tags/([^/]+)$`)

type provider struct {
	token  string
	lock   sync.Mutex
	images map[string]map[string]bool
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sent := path.FindStringSubmatch(r.URL.EscapedPath())
	if sent == nil {
		http.Error(w, "no such path", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodDelete {
		http.Error(w, "only DELETE", http.StatusMethodNotAllowed)
		return
	}
	if p.token != "" && r.Header.Get("X-Auth-Token") != p.token {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	var names [3]string
	for i, text := range sent[1:] {
		name, err := url.PathUnescape(text)
		if err != nil || !utf8.ValidString(name) {
			http.Error(w, "a name is not percent-encoded UTF-8", http.StatusBadRequest)
			return
		}
		names[i] = name
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	tags, known := p.images[names[0]+"\n"+names[1]]
	if !known {
		http.Error(w, "the repository does not exist", http.StatusNotFound)
		return
	}
	if !tags[names[2]] {
		http.Error(w, "the image with this tag does not exist", http.StatusNotFound)
		return
	}
	delete(tags, names[2])
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	tags := map[string]bool{"V1": true}
	for n := 1; n <= 12; n++ {
		tags[fmt.Sprintf("v%d", n)] = true
	}
	p := &provider{images: map[string]map[string]bool{"group\nbusybox": tags}}
	if len(os.Args) > 1 {
		p.token = os.Args[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, p))
}
