// A STUB of After Effects' aerender.exe. Like the real one, it starts another program to do the work: the stub in Python
// next to it.
package main

import (
	"log"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	itself, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	script := filepath.Join(filepath.Dir(itself), "aerender.py")
	worker := exec.Command("python.exe", append([]string{script}, os.Args[1:]...)...)
	worker.Stdout, worker.Stderr = os.Stdout, os.Stderr
	if err := worker.Run(); err != nil {
		log.Fatal(err)
	}
}
