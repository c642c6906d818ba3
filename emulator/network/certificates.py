"""A certificate authority created at startup, and server certificates for the emulated host names.

The authority's key stays in this process's memory; only its certificate is written to disk, for clients to trust.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path

import trustme


@dataclass(slots=True)
class CertificateAuthority:
    """Signs certificates for host names; files that other programs read are written to `directory`."""

    directory: Path
    _authority: trustme.CA = field(default_factory=trustme.CA)
    _contexts: dict[str, ssl.SSLContext] = field(default_factory=dict)

    @property
    def bundle(self) -> Path:
        """The PEM file that clients trust. Written on first use, replacing the file of an earlier authority."""
        path = self.directory / "ca.pem"
        if not path.exists() or path.read_bytes() != self._authority.cert_pem.bytes():
            self._authority.cert_pem.write_to_path(path)
        return path

    def context(self, host: str) -> ssl.SSLContext:
        """Return the TLS server context for `host`; its certificate is signed the first time."""
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]

    def write_pair(self, name: str, hosts: list[str]) -> tuple[Path, Path]:
        """Write a certificate for `hosts` and its key as `<name>.pem` and `<name>.key`; return both paths."""
        pair = self._authority.issue_cert(*hosts)
        certificate, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        key.touch(mode=0o600)
        pair.private_key_pem.write_to_path(key)
        for number, blob in enumerate(pair.cert_chain_pems):
            blob.write_to_path(certificate, append=number > 0)
        return certificate, key
