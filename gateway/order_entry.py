"""Order entry: what an OMS's FIX message leads to, and what each of its orders has come to.

A fold over `parents` and `reports` with one verb per input. It knows orders by who named them and
how; it knows no instrument and no algorithm: the worker judges those, once, for FIX and Kafka
alike. A request that is accepted here is a record on `parents` and nothing else; the OMS hears of
it by the worker's report.
"""

from collections.abc import Callable, Iterable

import msgspec

from domain.children import Claim
from domain.fencing import Fence
from domain.fix_codes import CxlRejReason, ExecType, OrdStatus
from domain.fix_message import BadField, Fields, FixMessage
from domain.parents import NewParent, ParentRequest
from domain.refusals import RejectReason
from domain.reports import ParentReport, ParentRequestRejected, ReportRecord
from gateway.oms_answers import (
    STATUS_EXEC_ID,
    Inbound,
    Reply,
    business_reject,
    no_order,
    not_available,
    reject_fields,
    response_to,
)
from gateway.oms_fields import (
    CXL_REJ_REASONS,
    ID_MAX,
    MESSAGE_MAX,
    READ_TAGS,
    field_name,
    reject_text,
    shown,
)
from gateway.oms_order import Order
from gateway.oms_reports import NONE, cancel_reject, execution_report, rejected_request
from gateway.oms_translation import (
    SOURCE,
    Amendment,
    MassStatusQuery,
    Restated,
    StatusQuery,
    identifier,
    translate,
)
from gateway.refused import Refused


class AppendRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Write `request` to `parents`."""

    request: ParentRequest


Command = AppendRequest | Reply


class OrderEntry:
    """State of order entry. `fits` says whether a request is small enough to be a record."""

    def __init__(self, sessions: Iterable[str], fits: Callable[[ParentRequest], bool]) -> None:
        self._sources = {SOURCE + session: session for session in sessions}
        self._fits = fits
        self._orders: dict[tuple[str, str], Order] = {}  # by source and any ClOrdID of its chain
        self._requests: dict[tuple[str, str], ParentRequest] = {}  # what each ClOrdID asked
        self._by_source: dict[str, list[Order]] = {source: [] for source in self._sources}
        self._fence = Fence()

    # -- what an OMS sends ---------------------------------------------------------------------

    def on_message(
        self, session: str, text: str, now_ns: int, *, bus_available: bool = True
    ) -> list[Command]:
        """What to do about one application message."""
        message, unreadable = _read(text[:MESSAGE_MAX])
        inbound = Inbound(
            session=session, message=message, now_ns=now_ns, bus_available=bus_available
        )
        if inbound.msg_type not in READ_TAGS:
            reply = f"MsgType(35): {inbound.msg_type} is not supported"
            return [business_reject(inbound, 3, RejectReason.UNSUPPORTED, reply)]
        try:
            if len(text) > MESSAGE_MAX:
                raise Refused(
                    RejectReason.OVERSIZED, "BodyLength(9)", f"more than {MESSAGE_MAX} characters"
                )
            if unreadable is not None:
                raise unreadable
            request = translate(message, inbound.source)
            if isinstance(request, NewParent):
                return self._on_new(inbound, request)
            if isinstance(request, Amendment):
                return self._on_amendment(inbound, request)
            if isinstance(request, StatusQuery):
                return [self._status(inbound, request)]
            return self._mass_status(inbound, request)
        except Refused as refused:
            return [self._refusal(inbound, refused)]

    def _on_new(self, inbound: Inbound, new: NewParent) -> list[Command]:
        order = self._orders.get((new.source, new.cl_ord_id))
        if order is not None:
            return self._again(inbound, order, new)
        if not inbound.bus_available:
            return [not_available(inbound)]
        self._check_size(new)
        self.on_parent(new)
        return [AppendRequest(request=new)]

    def _on_amendment(self, inbound: Inbound, amendment: Amendment) -> list[Command]:
        request = amendment.request
        order = self._orders.get((request.source, request.cl_ord_id))
        if order is not None:
            return self._again(inbound, order, request)
        target = self._orders.get((request.source, request.orig_cl_ord_id))
        if target is None:
            text = f"{request.orig_cl_ord_id} is not an order of this session"
            raise Refused(RejectReason.UNKNOWN_ORDER, field_name(41), text)
        _check_restated(target, amendment.restated)
        if not inbound.bus_available:
            return [not_available(inbound)]
        self._check_size(request)
        self.on_parent(request)
        return [AppendRequest(request=request)]

    def _again(self, inbound: Inbound, order: Order, request: ParentRequest) -> list[Command]:
        """A ClOrdID(11) that is known: sent again, perhaps sent again, or used twice."""
        key = (request.source, request.cl_ord_id)
        if inbound.poss_dup and self._requests.get(key) == request:
            return []
        if inbound.poss_resend:
            fields = order.report(
                request.cl_ord_id, STATUS_EXEC_ID, ExecType.ORDER_STATUS, inbound.now_ns
            )
            return [Reply(session=inbound.session, msg_type="8", fields=fields)]
        raise Refused(
            RejectReason.DUPLICATE_ORDER, field_name(11), f"{request.cl_ord_id} was used before"
        )

    def _check_size(self, request: ParentRequest) -> None:
        if not self._fits(request):
            raise Refused(RejectReason.OVERSIZED, "BodyLength(9)", "more than a record may hold")

    def _status(self, inbound: Inbound, query: StatusQuery) -> Reply:
        echo: Fields = [] if query.ord_status_req_id is None else [(790, query.ord_status_req_id)]
        order = self._orders.get((inbound.source, query.cl_ord_id))
        if order is None:
            text = f"{query.cl_ord_id} is not an order of this session"
            fields = no_order(inbound, ExecType.ORDER_STATUS, STATUS_EXEC_ID)
            fields += reject_fields(RejectReason.UNKNOWN_ORDER, field_name(11), text)
        else:
            fields = order.report(
                query.cl_ord_id, STATUS_EXEC_ID, ExecType.ORDER_STATUS, inbound.now_ns
            )
        return Reply(session=inbound.session, msg_type="8", fields=[*fields, *echo])

    def _mass_status(self, inbound: Inbound, query: MassStatusQuery) -> list[Command]:
        orders = self._by_source.get(inbound.source, [])
        head: Fields = [(584, query.mass_status_req_id), (911, str(len(orders)))]
        if not orders:
            fields = no_order(inbound, ExecType.ORDER_STATUS, STATUS_EXEC_ID)
            ending: Fields = [*head, (912, "Y"), (58, "no orders")]
            return [Reply(session=inbound.session, msg_type="8", fields=[*fields, *ending])]
        replies: list[Command] = []
        for order in orders:
            cl_ord_id = order.cl_ord_id if order.last is None else order.last.cl_ord_id
            fields = order.report(cl_ord_id, STATUS_EXEC_ID, ExecType.ORDER_STATUS, inbound.now_ns)
            last: Fields = [(912, "Y" if order is orders[-1] else "N")]
            replies.append(
                Reply(session=inbound.session, msg_type="8", fields=[*fields, *head, *last])
            )
        return replies

    # -- refusals ------------------------------------------------------------------------------

    def _refusal(self, inbound: Inbound, refused: Refused) -> Reply:
        """A refusal in the form that the request calls for: 8, 9, or j if it has no usable id."""
        msg_type = inbound.msg_type
        try:
            if msg_type == "D":
                identifier(inbound.message, 11)
                return self._order_reject(inbound, refused)
            if msg_type in ("F", "G"):
                identifier(inbound.message, 11)
                identifier(inbound.message, 41)
                return self._cancel_reject(inbound, refused)
        except (Refused, BadField):
            pass  # no id to answer to: a business reject refers to MsgSeqNum(34) instead
        text = f"{refused.field}: {refused.text}"
        return business_reject(inbound, 0, refused.reason, text)

    def _order_reject(self, inbound: Inbound, refused: Refused) -> Reply:
        cl_ord_id = inbound.message.require(11)
        order = self._orders.get((inbound.source, cl_ord_id))
        if order is not None:  # the reject of the second with the status of the first: F.1.a
            fields = order.report(cl_ord_id, inbound.exec_id, ExecType.REJECTED, inbound.now_ns)
            fields = [pair for pair in fields if pair[0] != 58]
        else:
            fields = no_order(inbound, ExecType.REJECTED, inbound.exec_id)
        fields += reject_fields(refused.reason, refused.field, refused.text)
        return Reply(
            session=inbound.session, msg_type="8", fields=fields, reason=refused.reason.value
        )

    def _cancel_reject(self, inbound: Inbound, refused: Refused) -> Reply:
        message = inbound.message
        order = self._orders.get((inbound.source, message.require(41)))
        fields = rejected_request(
            order_id=NONE if order is None else order.order_id,
            cl_ord_id=message.require(11),
            orig_cl_ord_id=message.require(41),
            ord_status=OrdStatus.REJECTED if order is None else order.ord_status,
            response_to=response_to(message.msg_type),
            reason=CxlRejReason.UNKNOWN_ORDER if order is None else CXL_REJ_REASONS[refused.reason],
            text=reject_text(refused.reason, refused.field, refused.text),
            transact_ns=inbound.now_ns,
        )
        return Reply(
            session=inbound.session, msg_type="9", fields=fields, reason=refused.reason.value
        )

    # -- what the log says ---------------------------------------------------------------------

    def on_parent(self, request: ParentRequest) -> None:
        """Fold one record of `parents`. Our own come twice: when appended and when read."""
        key = (request.source, request.cl_ord_id)
        if request.source not in self._sources or key in self._requests:
            return
        self._requests[key] = request
        if not isinstance(request, NewParent):
            target = self._orders.get((request.source, request.orig_cl_ord_id))
            if target is not None:
                self._orders.setdefault(key, target)
            return
        order = self._orders.get(key)
        if order is None:
            order = self._add(Order(source=request.source, cl_ord_id=request.cl_ord_id))
        order.new = request

    def on_report(self, partition: int, record: ReportRecord) -> list[Reply]:
        """Fold one record of `reports`; what its OMS must be told of it."""
        if not self._fence.admits(partition, record):
            return []
        assert not isinstance(record, Claim)
        session = self._sources.get(record.source)
        if session is None:
            return []
        if isinstance(record, ParentReport):
            return self._on_parent_report(session, record)
        if isinstance(record, ParentRequestRejected):
            return self._on_request_rejected(session, record)
        return []  # ParentPlan, ParentWaiting: no FIX message says that

    def _on_parent_report(self, session: str, report: ParentReport) -> list[Reply]:
        order = self._order_of(report)
        if report.exec_id in order.exec_ids:
            return []
        order.exec_ids.add(report.exec_id)
        if report.reason is not RejectReason.DUPLICATE_ORDER:  # that speaks of another request
            order.last = report
            order.ord_status = report.ord_status
        return [Reply(session=session, msg_type="8", fields=execution_report(report))]

    def _on_request_rejected(self, session: str, report: ParentRequestRejected) -> list[Reply]:
        order = self._orders.get((report.source, report.orig_cl_ord_id))
        if order is not None:
            if report.exec_id in order.exec_ids:
                return []
            order.exec_ids.add(report.exec_id)
            if report.order_id != NONE:
                order.ord_status = report.ord_status
        return [Reply(session=session, msg_type="9", fields=cancel_reject(report))]

    def _order_of(self, report: ParentReport) -> Order:
        """The order a report is on; its chain takes in the report's ids."""
        names = [report.cl_ord_id, *([report.orig_cl_ord_id] if report.orig_cl_ord_id else [])]
        keys = [(report.source, name) for name in reversed(names)]
        found = next((self._orders[key] for key in keys if key in self._orders), None)
        if found is None:
            found = self._add(Order(source=report.source, cl_ord_id=keys[0][1]))
        for key in keys:
            self._orders.setdefault(key, found)
        return found

    def _add(self, order: Order) -> Order:
        self._orders[order.source, order.cl_ord_id] = order
        self._by_source[order.source].append(order)
        return order


def _read(text: str) -> tuple[FixMessage, Refused | None]:
    """A message, or what can be read of it and why that is not all."""
    try:
        return FixMessage.parse_strictly(text), None
    except BadField as error:
        refused = Refused(RejectReason.MALFORMED, field_name(error.tag), error.text)
        return FixMessage.head(text), refused


def _check_restated(order: Order, restated: tuple[Restated, ...]) -> None:
    """What a request repeats must be what was ordered. Raises Refused."""
    if order.new is None:  # its record is older than the log; the worker knows the order, or not
        return
    for term in restated:
        ordered = getattr(order.new, term.attribute)
        chosen = term.attribute == "algo" and order.last is not None and order.last.algo
        if term.value not in (ordered, chosen):  # an algorithm that was left to us has two names
            raise Refused(
                RejectReason.UNSUPPORTED,
                field_name(term.tag),
                f"cannot be changed from {shown(str(ordered), ID_MAX)}",
            )
