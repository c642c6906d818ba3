"""How clients reach the emulated hosts: names, certificates, tokens; and that they reach nothing else."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest
import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.data.tables import TableServiceClient
from azure.identity import ClientSecretCredential
from azure.monitor.query import LogsQueryClient, LogsQueryStatus
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from tests.cloud import RunningCloud
from tests.emulator.arm import Arm


def ask_proxy(cloud: RunningCloud, method: str, target: str) -> tuple[int, str]:
    """Return the proxy's status and message for one request line."""
    address = urlsplit(cloud["proxy"])
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    try:
        connection.putrequest(method, target, skip_host=True)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["error"]["message"]
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("CONNECT", "example.com:443"),
        ("CONNECT", "management.azure.com:8443"),
        ("CONNECT", "management.azure.com.example.com:443"),
        ("CONNECT", "someoneelse.blob.core.windows.net:443"),
        ("CONNECT", "127.0.0.1:22"),
        ("CONNECT", "management.azure.com"),
        ("GET", "http://169.254.169.254/metadata/identity"),
        ("GET", "http://management.azure.com/"),
    ],
)
def test_refused(cloud: RunningCloud, method: str, target: str) -> None:
    """A host, port or protocol that is not emulated is refused with a 403 that names it, and recorded."""
    status, message = ask_proxy(cloud, method, target)
    assert status == 403
    assert target in message
    assert target in cloud.state()["refused"]


def test_certificate_is_checked(cloud: RunningCloud) -> None:
    """The hosts have certificates of this run's authority: a client that does not trust it cannot connect."""
    assert requests.get("https://management.azure.com/", timeout=60).status_code == 401
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": cloud["proxy"]}
        with pytest.raises(requests.exceptions.SSLError):
            session.get("https://management.azure.com/", timeout=60)


def test_token_is_for_its_audience(credential: TokenCredential, arm: Arm) -> None:
    """The resource manager accepts neither a token for storage nor one that was issued elsewhere."""
    assert arm.call("GET", "").status_code == 200
    url = f"https://management.azure.com{arm.cloud.workspace_id}?api-version=2024-10-01"
    wrong = credential.get_token("https://storage.azure.com/.default").token
    for token in (wrong, "eyJhbGciOiJub25lIn0.eyJhdWQiOiJodHRwczovL21hbmFnZW1lbnQuYXp1cmUuY29tIn0."):
        answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize(("tenant", "secret", "code"), [("", "wrong", "AADSTS7000215"), ("0" * 8, "", "AADSTS90002")])
def test_wrong_principal(cloud: RunningCloud, tenant: str, secret: str, code: str) -> None:
    """A wrong secret or tenant is refused as in Entra."""
    known = cloud.environment
    with (
        ClientSecretCredential(
            tenant or known["AZURE_TENANT_ID"], known["AZURE_CLIENT_ID"], secret or known["AZURE_CLIENT_SECRET"]
        ) as credential,
        pytest.raises(ClientAuthenticationError, match=code),
    ):
        credential.get_token("https://management.azure.com/.default")


def test_storage_accepts_tokens(cloud: RunningCloud, credential: TokenCredential) -> None:
    """Tables, queues and blobs of the app's account work with Microsoft's clients without a key."""
    account = f"https://{cloud['storage_account']}"
    with TableServiceClient(f"{account}.table.core.windows.net", credential=credential) as service:
        table = service.create_table("things")
        table.create_entity({"PartitionKey": "a", "RowKey": "b", "value": 1})
        assert table.get_entity("a", "b")["value"] == 1
    with QueueClient(f"{account}.queue.core.windows.net", "things", credential=credential) as queue:
        queue.create_queue()
        queue.send_message("hello")
        assert [message.content for message in queue.receive_messages()] == ["hello"]
    with BlobServiceClient(f"{account}.blob.core.windows.net", credential=credential) as blobs:
        container = blobs.create_container("things")
        container.upload_blob("a/b", b"hello")
        assert container.download_blob("a/b").readall() == b"hello"


def test_storage_requires_a_credential(cloud: RunningCloud) -> None:
    """Storage refuses a request without a credential."""
    address = f"https://{cloud['storage_account']}.blob.core.windows.net"
    with BlobServiceClient(address) as blobs, pytest.raises(HttpResponseError) as refused:
        list(blobs.list_containers())
    assert refused.value.status_code in (401, 403)


def test_unknown_account_has_no_host(credential: TokenCredential) -> None:
    """An account that does not exist cannot be reached; in Azure its name does not resolve."""
    with (
        TableServiceClient("https://nobody.table.core.windows.net", credential=credential, retry_total=0) as service,
        pytest.raises(ServiceRequestError, match="403"),
    ):
        list(service.list_tables())


def test_logs_are_queried_with_a_token(cloud: RunningCloud, credential: TokenCredential) -> None:
    """Microsoft's client for Log Analytics can query the workspace's table, but not another workspace."""
    query = "AmlOnlineEndpointTrafficLog | where EndpointName == 'nobody' | summarize total = count()"
    with LogsQueryClient(credential) as client:

        def answer(workspace: str) -> str:
            try:
                return LogsQueryStatus(client.query_workspace(workspace, query, timespan=None).status).value
            except HttpResponseError as error:
                return str(error)

        own, other = answer(cloud["log_analytics_workspace"]), answer("00000000-0000-0000-0000-000000000000")
    assert own == LogsQueryStatus.SUCCESS.value or "Failed to resolve table" in own, (
        own
    )  # before the first row is logged
    assert other != LogsQueryStatus.SUCCESS.value
    assert "Failed to resolve table" not in other


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("jobs", "/jobs"),
        ("onlineEndpoints/any/pause", "/onlineEndpoints/any/pause"),
        ("batchEndpoints/any", "/batchEndpoints/any"),
    ],
)
def test_what_is_not_emulated_is_refused_by_name(arm: Arm, path: str, named: str) -> None:
    """A route that the emulator lacks answers with a 501 that names it, never with invented data."""
    status, code, message = arm.error("POST", path, {})
    assert (status, code) == (501, "NotEmulated")
    assert named in message


def test_missing_resources_are_404(arm: Arm) -> None:
    """An endpoint, model, workspace or subscription that does not exist gives a 404."""
    for path in ("onlineEndpoints/nobody", "models/nobody", "models/nobody/versions/1", "datastores/nobody"):
        assert arm.error("GET", path)[:2] == (404, "ResourceNotFound")
    for wrong in (arm.cloud["subscription"], arm.cloud["workspace"]):
        url = f"https://management.azure.com{arm.cloud.workspace_id.replace(wrong, 'other')}?api-version=2024-10-01"
        assert arm.send("GET", url).status_code == 404


def test_api_version_is_required(arm: Arm) -> None:
    """A request without api-version is refused, as in Azure."""
    answer = arm.send("GET", f"https://management.azure.com{arm.cloud.workspace_id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "MissingApiVersionParameter")
