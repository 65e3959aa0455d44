// SPDX-License-Identifier: BSD-2-Clause
// tlog_client URL VKEY [OLD-CHECKPOINT]: fetches a log's tiles over HTTP and proves every entry, and
// that an older checkpoint is of its beginning, by Go's own sumdb packages only.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type server string

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func (s server) get(path string) ([]byte, error) {
	r, err := http.Get(string(s) + path)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != 200 {
		err = fmt.Errorf("%s: %s", path, r.Status)
	}
	return b, err
}

func (s server) Height() int                        { return 8 }
func (s server) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

// ReadTiles: C2SP's paths are Go's without the height.
func (s server) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		b, err := s.get("/tile/" + strings.TrimPrefix(t.Path(), "tile/8/"))
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

func open(msg []byte, vs note.Verifiers) tlog.Tree {
	n, err := note.Open(msg, vs)
	must(err)
	line := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(line[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(line[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}
}

func main() {
	s := server(os.Args[1])
	v, err := note.NewVerifier(os.Args[2])
	must(err)
	vs := note.VerifierList(v)
	msg, err := s.get("/checkpoint")
	must(err)
	tree := open(msg, vs)
	hashes := tlog.TileHashReader(tree, s)
	for i := int64(0); i < tree.N; {
		path, width := tlog.Tile{H: 8, L: 0, N: i / 256, W: 256}, tree.N-i
		if width > 256 {
			width = 256
		}
		path.W = int(width)
		b, err := s.get("/tile/entries/" + strings.TrimPrefix(path.Path(), "tile/8/0/"))
		must(err)
		for ; len(b) > 1; i++ {
			n := int(binary.BigEndian.Uint16(b))
			h, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
			must(err)
			if tlog.RecordHash(b[2:2+n]) != h[0] {
				log.Fatal("entry ", i, " is not that of its leaf")
			}
			p, err := tlog.ProveRecord(tree.N, i, hashes)
			must(err)
			must(tlog.CheckRecord(p, tree.N, tree.Hash, i, h[0]))
			b = b[2+n:]
		}
	}
	if len(os.Args) > 3 {
		msg, err := os.ReadFile(os.Args[3])
		must(err)
		old := open(msg, vs)
		p, err := tlog.ProveTree(tree.N, old.N, hashes)
		must(err)
		must(tlog.CheckTree(p, tree.N, tree.Hash, old.N, old.Hash))
	}
	fmt.Println(tree.N, "entries fetched and proved")
}
