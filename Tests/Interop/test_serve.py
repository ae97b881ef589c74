"""`millrace serve` from outside: metrics, stopping, and what keeps it from starting."""

import json
import resource
import signal
import socket
import subprocess
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families
from served import MILLRACE, PATIENCE, Gateway


def scrape(gateway):
    status, headers, body = gateway.request("/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(body.decode())}


def value(families, name, **labels):
    (found,) = [s.value for s in families[name].samples if labels.items() <= s.labels.items()]
    return found


def test_prometheus_reads_the_metrics():
    with Gateway(listeners=["http"]) as gateway:
        for _ in range(3):
            assert gateway.send("m", b"hello", path="partitions/0/messages")[0] == 201
        assert gateway.request("/m/messages", b"x")[0] == 401

        families = scrape(gateway)

        assert all(f.documentation and f.type in ("counter", "gauge", "histogram")
                   for f in families.values())
        assert value(families, "millrace_events") == 3
        assert value(families, "millrace_received_bytes", stream="m", endpoint="http") == 15
        assert value(families, "millrace_http_refused_requests", status="401") == 1
        assert value(families, "millrace_partition_end_offset", stream="m", partition="0") == 3
        assert 0 < value(families, "millrace_disk_used_bytes") \
            < value(families, "millrace_disk_budget_bytes")
        histogram = families["millrace_http_send_seconds"]
        buckets = [s.value for s in histogram.samples if s.name.endswith("_bucket")]
        assert buckets == sorted(buckets) and buckets[-1] == 3


def test_health_is_good_while_the_log_takes_events():
    with Gateway(listeners=["http"]) as gateway:
        assert gateway.request("/healthz")[::2] == (200, b"ok\n")
        assert gateway.request("/readyz")[::2] == (200, b"ok\n")
        assert gateway.request("/elsewhere")[0] == 404


def descriptors(soft, hard):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_limit_of_descriptors_becomes_the_hard_one():
    with Gateway(listeners=["http"], before=descriptors(256, 700)) as gateway:
        assert resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE) == (700, 700)
        told = [json.loads(line) for line in gateway.lines]
        assert [line["limit"] for line in told if line["message"] == "file descriptors"] == ["700"]


def test_a_gateway_does_not_start_with_too_few_descriptors(tmp_path):
    status, text = refused("--data", tmp_path / "d", before=descriptors(64, 64))

    assert status == 1
    assert "no more than 64 files and connections, and a gateway needs 256" in text
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_gracefully(number):
    with Gateway(listeners=["http"]) as gateway:
        assert gateway.send("s", b"kept")[0] == 201
        gateway.process.send_signal(number)

        assert gateway.process.wait(PATIENCE) == 0
        gateway.reader.join()
        assert '"stopped"' in gateway.lines[-1]
        assert not (gateway.data / "gateway.json").exists()
        assert [e["value"] for e in gateway.events("s")] == ["kept"]


def test_what_is_in_hand_when_the_stop_comes_is_answered():
    with Gateway(listeners=["http"]) as gateway:
        host, port = gateway.addresses["http"].rsplit(":", 1)
        token = gateway.token("https://h/slow")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
            # What answers the first request has read the second: they came together.
            client.sendall(
                "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
                f"POST /slow/messages HTTP/1.1\r\nHost: h\r\nAuthorization: {token}\r\n"
                "Content-Length: 4\r\n\r\nab".encode())
            answer = b""
            while not answer.endswith(b"ok\n"):
                answer += client.recv(4096)
            gateway.process.send_signal(signal.SIGTERM)
            with pytest.raises(OSError):
                while True:  # Until the listener is closed.
                    urllib.request.urlopen(gateway.url("/healthz"), timeout=1).read()
            client.sendall(b"cd")

            assert client.recv(4096).startswith(b"HTTP/1.1 201")

        assert gateway.process.wait(PATIENCE) == 0
        assert [e["value"] for e in gateway.events("slow")] == ["abcd"]


def test_the_second_signal_stops_at_once_and_loses_nothing():
    with Gateway(listeners=["http"]) as gateway:
        assert gateway.send("s", b"kept")[0] == 201
        host, port = gateway.addresses["http"].rsplit(":", 1)
        token = gateway.token("https://h/slow")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
            # A request that never ends keeps the graceful stop waiting.
            client.sendall(
                f"POST /slow/messages HTTP/1.1\r\nHost: h\r\nAuthorization: {token}\r\n"
                "Content-Length: 4\r\n\r\nab".encode())
            gateway.request("/healthz")
            gateway.process.send_signal(signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                gateway.process.wait(1)
            gateway.process.send_signal(signal.SIGTERM)

            assert gateway.process.wait(PATIENCE) == 1

        assert [e["value"] for e in gateway.events("s")] == ["kept"]


def refused(*arguments, before=None):
    done = subprocess.run(
        [MILLRACE, "serve", *map(str, arguments)], capture_output=True, text=True,
        timeout=PATIENCE, check=False, preexec_fn=before)
    return done.returncode, done.stderr


def test_a_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]

        status, text = refused(
            "--data", tmp_path / "d", "--listen=off", f"--listen=http={address}")

    assert status == 1
    assert address in text and "in use" in text


def test_a_second_owner_is_told_who_has_the_store():
    with Gateway(listeners=["http"]) as gateway:
        status, text = refused(
            "--data", gateway.data, "--listen=off", "--listen=http=127.0.0.1:0")

        assert status == 1
        assert f"in use by process {gateway.process.pid}" in text
        assert gateway.send("s", b"x")[0] == 201


def test_a_bad_configuration_is_named_by_line_and_nothing_is_made(tmp_path):
    file = tmp_path / "millrace.yaml"
    file.write_text("store:\n  budgte: 1GiB\nstreams:\n  a: {partitions: many}\n")

    status, text = refused("--config", file, "--data", tmp_path / "d")

    assert status == 2
    assert f"{file}:2:3: there is no setting 'store.budgte': did you mean 'budget'?" in text
    assert f"{file}:4:19: streams.a.partitions: it has to be a whole number" in text
    assert not (tmp_path / "d").exists()


def test_a_certificate_is_trusted_through_its_authority(tmp_path):
    def make():
        subprocess.run(
            [MILLRACE, "certificate", "--into", tmp_path / "c", "--host", "box.site",
             "--host", "10.0.0.7"], check=True, capture_output=True)
        return (tmp_path / "c" / "ca.pem").read_bytes()

    first, second = make(), make()

    assert first == second
    for option, host in [("-verify_hostname", "box.site"), ("-verify_ip", "10.0.0.7")]:
        done = subprocess.run(
            ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", option, host,
             "-CAfile", tmp_path / "c" / "ca.pem", tmp_path / "c" / "server.pem"],
            capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
