// SPDX-License-Identifier: Apache-2.0

// Judges one certification path with Go's own X.509: the parser and verifier behind most of Vault's clients.
//
//	chain -leaf leaf.pem -root root.pem [-above int.pem] [-usage server|client] [-name HOST] [-at RFC3339] [-crl FILE.der]...
//
// Prints "ok" and ends with 0, or prints what is wrong and ends with 1. Only the standard library of Go 1.19 is needed.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"time"
)

func fail(format string, values ...any) {
	fmt.Printf(format+"\n", values...)
	os.Exit(1)
}

// certificates parses every certificate of a PEM file; no file, no certificates.
func certificates(path string) []*x509.Certificate {
	if path == "" {
		return nil
	}
	rest, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return all
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			fail("%s: %v", path, err)
		}
		if len(certificate.UnhandledCriticalExtensions) > 0 {
			fail("%s: critical extensions that Go does not know: %v", path, certificate.UnhandledCriticalExtensions)
		}
		all = append(all, certificate)
	}
}

func pool(all []*x509.Certificate) *x509.CertPool {
	made := x509.NewCertPool()
	for _, certificate := range all {
		made.AddCert(certificate)
	}
	return made
}

// checkCRL demands a CRL that some issuer of the chain signed, that is in force, and that does not list the chain's certificates.
func checkCRL(path string, chain []*x509.Certificate, at time.Time) {
	der, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		fail("%s: %v", path, err)
	}
	for i := 0; i+1 < len(chain); i++ {
		issuer := chain[i+1]
		if !bytes.Equal(list.RawIssuer, issuer.RawSubject) {
			continue
		}
		if err := list.CheckSignatureFrom(issuer); err != nil {
			fail("%s: %v", path, err)
		}
		if !bytes.Equal(list.AuthorityKeyId, issuer.SubjectKeyId) {
			fail("%s: its authority key identifier is not the issuer's", path)
		}
		if at.Before(list.ThisUpdate) || at.After(list.NextUpdate) {
			fail("%s: not in force", path)
		}
		if list.Number == nil || list.Number.Sign() <= 0 {
			fail("%s: no CRL number", path)
		}
		for _, entry := range list.RevokedCertificates {
			if entry.SerialNumber.Cmp(chain[i].SerialNumber) == 0 {
				fail("revoked: %s", chain[i].Subject)
			}
		}
		return
	}
	fail("%s: of no issuer of this chain", path)
}

type files []string

func (f *files) String() string         { return fmt.Sprint(*f) }
func (f *files) Set(value string) error { *f = append(*f, value); return nil }

func main() {
	leafFile := flag.String("leaf", "", "certificate to be judged")
	rootFile := flag.String("root", "", "trusted roots")
	aboveFile := flag.String("above", "", "intermediates")
	usage := flag.String("usage", "server", "server or client")
	name := flag.String("name", "", "host name that the certificate must be for")
	when := flag.String("at", "", "moment of the verification; now by default")
	var crls files
	flag.Var(&crls, "crl", "CRL in DER that must not list the chain")
	flag.Parse()

	at := time.Now()
	if *when != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, *when); err != nil {
			fail("%v", err)
		}
	}
	leaves := certificates(*leafFile)
	if len(leaves) != 1 {
		fail("%s: %d certificates", *leafFile, len(leaves))
	}
	extended := x509.ExtKeyUsageServerAuth
	if *usage == "client" {
		extended = x509.ExtKeyUsageClientAuth
	}
	chains, err := leaves[0].Verify(x509.VerifyOptions{
		Roots:         pool(certificates(*rootFile)),
		Intermediates: pool(certificates(*aboveFile)),
		KeyUsages:     []x509.ExtKeyUsage{extended},
		DNSName:       *name,
		CurrentTime:   at,
	})
	if err != nil {
		fail("%v", err)
	}
	for _, path := range crls {
		checkCRL(path, chains[0], at)
	}
	fmt.Println("ok")
}
