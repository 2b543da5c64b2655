package vectors

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
)

// Corpus is groups of texts; those of a group mean the same.
type Corpus struct {
	Groups [][]string
	Digest string // of the files it was read from
}

// separator stands between the texts of a group.
const separator = " | "

// ReadCorpus reads every .txt file of a folder, in the order of their paths:
// one group a line, its texts separated by " | "; "#" begins a comment. An
// error names file and line.
func ReadCorpus(folder fs.FS) (Corpus, error) {
	var c Corpus
	sum := sha256.New()
	err := fs.WalkDir(folder, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".txt") {
			return err
		}
		data, err := fs.ReadFile(folder, path)
		if err != nil {
			return err
		}
		sum.Write([]byte(path))
		sum.Write(data)
		return c.read(path, data)
	})
	if err != nil {
		return Corpus{}, fmt.Errorf("read the paraphrases: %w", err)
	}
	c.Digest = hex.EncodeToString(sum.Sum(nil))
	return c, nil
}

func (c *Corpus) read(path string, data []byte) error {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		group := strings.Split(string(line), separator)
		if len(group) < 2 {
			return fmt.Errorf("%s:%d: a group needs two texts at least, separated by %q", path, number, separator)
		}
		c.Groups = append(c.Groups, group)
	}
	return nil
}
