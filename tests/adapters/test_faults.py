"""Every adapter raises one of two kinds of error, whatever Azure and its SDKs raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseTimeoutError
from azure.data.tables import TableServiceClient
from azure.identity import CredentialUnavailableError

from shared.adapters.faults import LONGEST_MESSAGE, azure_faults
from shared.adapters.tables import TableStore
from shared.core.observation import DeploymentMinute
from shared.core.rollout.pointers import Pointer, Wanted
from shared.errors import Permanent, TealError, Temporary, Unstorable
from shared.ports import Changes, Stored
from tests.adapters.records import CHURN, NOW, rollout
from tests.adapters.stand_in import DROPPED, TOKEN, Credential, Reply, StandIn


@pytest.mark.parametrize(
    "error",
    [
        CredentialUnavailableError("the identity endpoint is not ready"),
        ServiceRequestError("no route to host"),
        ServiceResponseTimeoutError("read timed out"),
        HttpResponseError("no answer at all"),
    ],
)
def test_errors_that_may_go_away_are_temporary(error: AzureError) -> None:
    """Without a response from the service, nothing has been rejected."""
    with pytest.raises(Temporary) as caught, azure_faults("read endpoint churn"):
        raise error
    assert str(caught.value) == f"cannot read endpoint churn: {error.message}"


def test_a_long_message_is_cut() -> None:
    """Records and log lines hold a readable message, not a page."""
    with pytest.raises(Temporary) as caught, azure_faults("read"):
        raise ServiceRequestError("x\n" * 5000)
    assert len(str(caught.value)) < LONGEST_MESSAGE + 20
    assert "\n" not in str(caught.value)


def test_no_part_of_a_secret_is_left_where_a_message_is_cut() -> None:
    """A key without its end is no longer recognized, so secrets are removed before the text is cut."""
    key = "AKIA" + "ZYXWVU98765TSRQP"
    with pytest.raises(Temporary) as caught, azure_faults("read"):
        raise ServiceRequestError("x" * (LONGEST_MESSAGE - 11) + f" {key} is wrong")
    assert key[:10] not in str(caught.value)


def test_our_own_bugs_are_not_translated() -> None:
    """Only Azure's exceptions are translated, so that a bug stays visible as one."""
    with pytest.raises(ZeroDivisionError), azure_faults("read"):
        _ = 1 / 0


CALLS: dict[str, Callable[[TableStore], object]] = {
    "record": lambda store: store.record(CHURN),
    "enlist": lambda store: store.enlist(Pointer.to(rollout("a"))),
    "pointers": lambda store: store.pointers(Wanted(), "", 1),
    "history": lambda store: store.history(CHURN, "a"),
    "commit": lambda store: store.commit(CHURN, Changes((Stored(rollout("a")),))),
    "open_endpoints": lambda store: store.open_endpoints(),
    "open_mark": lambda store: store.open_mark(CHURN),
    "known_endpoints": lambda store: store.known_endpoints(),
    "mark_open": lambda store: store.mark_open(CHURN),
    "mark_closed": lambda store: store.mark_closed(CHURN, "etag"),
    "keep_minutes": lambda store: store.keep_minutes("a", [DeploymentMinute("churn-7", NOW, 1, 0)]),
    "kept_minutes": lambda store: store.kept_minutes("a"),
}


@pytest.fixture
def store(azure: StandIn) -> Iterator[TableStore]:
    """Return the store on a storage account that answers by script."""
    del azure
    options: dict[str, Any] = {"retry_total": 1, "retry_status": 0, "retry_backoff_factor": 0}
    with TableServiceClient("https://teal.table.core.windows.net", credential=Credential(), **options) as client:
        yield TableStore(client)


def refusal(status: int, code: str) -> Reply:
    """Return an error in Table Storage's format."""
    return Reply(status, {"odata.error": {"code": code, "message": {"lang": "en-US", "value": f"{code} it is"}}})


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize(
    "fault",
    [
        (refusal(403, "AuthorizationFailure"), Permanent, "AuthorizationFailure"),
        (refusal(503, "ServerBusy"), Temporary, "ServerBusy"),
        (refusal(500, "InternalError"), Temporary, "InternalError"),
        (DROPPED, Temporary, "cannot"),
    ],
)
def test_table_storage_errors_are_temporary_or_permanent(
    store: TableStore,
    azure: StandIn,
    call: Callable[[TableStore], object],
    fault: tuple[Reply, type[TealError], str],
) -> None:
    """A busy account is temporary, a missing permission permanent; neither message contains the token."""
    reply, kind, words = fault
    azure.answer(reply)
    with pytest.raises(TealError) as caught:
        call(store)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "EntityTooLarge"), (413, "RequestBodyTooLarge")], ids=["row", "transaction"]
)
def test_a_record_that_storage_never_takes_is_unstorable(
    store: TableStore, azure: StandIn, status: int, code: str
) -> None:
    """It is then written without its diagnostics; retrying it unchanged would stop the rollout for good."""
    azure.answer(refusal(status, code))
    with pytest.raises(Unstorable, match=code):
        CALLS["commit"](store)


@pytest.mark.parametrize("call", ["record", "pointers", "history", "open_endpoints", "kept_minutes"])
@pytest.mark.parametrize("body", ["<html>", "", "[]"])
def test_a_garbled_response_is_not_mistaken_for_an_empty_store(
    store: TableStore, azure: StandIn, call: str, body: str
) -> None:
    """Overlooking an existing rollout would start it twice."""
    azure.answer(Reply(200, body))
    with pytest.raises(TealError):
        CALLS[call](store)


def test_a_table_that_another_instance_creates_at_the_same_moment_is_used(store: TableStore, azure: StandIn) -> None:
    """Several instances start on a fresh account, and each of them finds that the table is missing."""
    azure.answer(refusal(404, "TableNotFound"), refusal(409, "TableAlreadyExists"), Reply(204))
    store.mark_open(CHURN)
    assert [asked.method for asked in azure.asked] == ["PUT", "POST", "PUT"]


@pytest.mark.parametrize("code", ["TableBeingDeleted", "AccountBeingCreated"])
def test_an_account_in_transition_is_no_lost_race(store: TableStore, azure: StandIn, code: str) -> None:
    """The loser of a race reads again and gives up without a word; here nobody else has written anything."""
    azure.answer(refusal(409, code))
    with pytest.raises(Temporary, match=code) as caught:
        CALLS["commit"](store)
    assert type(caught.value) is Temporary


def test_what_cannot_be_read_is_quoted_without_a_part_of_a_secret() -> None:
    """A proxy's page may contain anything, and a key without its end is no longer recognized."""
    key = "AKIA" + "ZYXWVU98765TSRQP"
    with pytest.raises(Temporary) as caught, azure_faults("read"):
        raise ValueError("x" * (LONGEST_MESSAGE - 23) + f" {key} is no JSON")
    assert key[:10] not in str(caught.value)
    assert len(str(caught.value)) < LONGEST_MESSAGE + 60
