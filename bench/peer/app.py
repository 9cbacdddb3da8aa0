"""The peer: what a team would build for the same work with FastAPI and SQLAlchemy (async, asyncpg).

Three operations over the very tables of the service: submit a dossier (the same rows in one transaction, with the chain of
audit and the kept answer), read one by its code, and the newest 50 of a unit; the answers have the same members. It is
spared the token, the policy, the rules of the form, the error table and everything else, which is in its favour.

Environment: PEER_DATABASE (postgresql+asyncpg://…). Run by bench/run with two worker processes.
"""

import contextlib
import datetime
import hashlib
import json
import os
import secrets
import unicodedata
import uuid
from typing import Any

from fastapi import FastAPI, Header, HTTPException, Response
from pydantic import BaseModel, Field
from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.ext.declarative import DeferredReflection
from sqlalchemy.orm import DeclarativeBase, aliased

engine = create_async_engine(os.environ["PEER_DATABASE"], pool_size=16, max_overflow=0)
Session = async_sessionmaker(engine, expire_on_commit=False)
# Chains that this process has: one alone would let one submission at a time to its end.
CHAINS = [f"peer-{os.getpid()}-{n}" for n in range(16)]
ACCOUNT = uuid.UUID("01a20798-469b-7a4b-a7a6-d46bd1fd4b57")
VERSION = uuid.UUID("01a20798-44b0-7e07-8bf1-2fd7b6f6b6a1")
ZONE = datetime.timezone(datetime.timedelta(hours=7))
UNIT_NAME = "Sở Lao động - Thương binh và Xã hội"
LABELS = {"registered": (1, "Mới đăng ký"), "accepted": (2, "Được tiếp nhận")}


class Base(DeclarativeBase):
    pass


class Reflected(DeferredReflection):
    __abstract__ = True


class Dossier(Reflected, Base):
    __tablename__ = "dossiers"


class Event(Reflected, Base):
    __tablename__ = "dossier_events"


class Paper(Reflected, Base):
    __tablename__ = "dossier_papers"


class FigureDelta(Reflected, Base):
    __tablename__ = "figure_deltas"


class Outbox(Reflected, Base):
    __tablename__ = "outbox"


class KeptAnswer(Reflected, Base):
    __tablename__ = "idempotency_keys"


class AuditHead(Reflected, Base):
    __tablename__ = "audit_heads"


class AuditEntry(Reflected, Base):
    __tablename__ = "audit_entries"


class CodeSequence(Reflected, Base):
    __tablename__ = "code_sequences"


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI):
    async with engine.begin() as connection:
        await connection.run_sync(Reflected.prepare)
    async with Session.begin() as session:
        head = dict(seq=0, hash="0" * 64, owner=uuid.uuid4(), lease_until=now() + datetime.timedelta(days=1))
        await session.execute(insert(AuditHead).values([dict(head, chain=chain) for chain in CHAINS]).on_conflict_do_nothing())
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def fold(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in plain if not unicodedata.combining(c)).lower()


class Applicant(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    personal_id: str = Field(pattern=r"^\d{9}(\d{3})?$")
    born_on: datetime.date | None = None
    sex: str | None = None
    phone: str | None = None


class PaperIn(BaseModel):
    code: str
    original: bool


class Package(BaseModel):
    procedure: str
    unit: str
    channel: str
    applicant: Applicant
    form: dict[str, Any]
    papers: list[PaperIn]


class Summary(BaseModel):
    code: str
    status: str
    status_code: int
    status_label: str
    procedure: str
    unit: str
    channel: str
    outcome: str | None
    submitted_at: datetime.datetime
    accepted_at: datetime.datetime | None
    due_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    clock: str
    stage: int
    version: int
    applicant_name: str
    applicant_personal_id: str


class Next(BaseModel):
    actor: str
    who_vi: str
    who_en: str
    task: str
    until: datetime.date | None
    overdue: bool
    text_vi: str
    text_en: str


class View(Summary):
    procedure_name: str
    unit_name: str
    applicant: Applicant
    represented: bool
    form: dict[str, Any]
    stage_name: str
    ended_at: datetime.datetime | None
    returned_at: datetime.datetime | None
    supplement_until: datetime.date | None
    next: Next
    remaining: None
    proposal: dict[str, Any] | None
    assessment: None
    register_check: None
    decision: dict[str, Any] | None
    portal: dict[str, Any] | None
    possible_duplicates: list[str]
    tracking_secret: str | None = None


class Page(BaseModel):
    items: list[Summary]
    next_cursor: str | None


def local(at):
    return None if at is None else at.astimezone(ZONE)


def summary(d) -> dict[str, Any]:
    number, label = LABELS[d.status]
    return dict(
        code=d.code, status=d.status, status_code=number, status_label=label, procedure=d.procedure_code, unit=d.unit, channel=d.channel,
        outcome=d.outcome, submitted_at=local(d.submitted_at), accepted_at=local(d.accepted_at), due_at=local(d.due_at),
        completed_at=local(d.completed_at), clock=d.clock, stage=d.stage, version=d.version, applicant_name=d.applicant_name,
        applicant_personal_id="*" * (len(d.personal_id) - 4) + d.personal_id[-4:],
    )


def view(d, duplicates, secret=None) -> View:
    task = Next(
        actor="desk", who_vi=f"Bộ phận Một cửa của {UNIT_NAME}", who_en=f"The desk of {UNIT_NAME}", task="check_in", until=None, overdue=False,
        text_vi=f"Bộ phận Một cửa của {UNIT_NAME} sẽ kiểm tra giấy tờ và tiếp nhận hồ sơ.",
        text_en=f"The desk of {UNIT_NAME} checks the papers and accepts the dossier.",
    )
    applicant = Applicant(name=d.applicant_name, personal_id=d.personal_id, born_on=d.born_on, sex=d.sex, phone=d.phone)
    return View(
        **summary(d), procedure_name="Giải quyết hưởng trợ cấp thất nghiệp", unit_name=UNIT_NAME, applicant=applicant, represented=False,
        form=d.form, stage_name="Giải quyết", ended_at=local(d.ended_at), returned_at=local(d.returned_at), supplement_until=d.supplement_until,
        next=task, remaining=None, proposal=d.proposal, assessment=None, register_check=None, decision=d.decision, portal=d.portal,
        possible_duplicates=duplicates, tracking_secret=secret,
    )


@app.get("/plain")
async def plain():
    return {"status": "pass"}


@app.post("/api/v1/dossiers", status_code=201)
async def submit(package: Package, idempotency_key: str = Header()) -> Response:
    at, scope = now(), digest(f"POST /api/v1/dossiers {idempotency_key}")
    fingerprint = digest(package.model_dump_json())
    day = at.astimezone(ZONE).date()
    # The number in a transaction of its own, as a sequence would give it: nobody waits for the rest of somebody's submission.
    async with Session.begin() as session:
        sequence = insert(CodeSequence).values(unit=package.unit, day=day, next=2)
        sequence = sequence.on_conflict_do_update(index_elements=["unit", "day"], set_=dict(next=CodeSequence.next + 1)).returning(CodeSequence.next)
        number = (await session.execute(sequence)).scalar_one() - 1
    async with Session.begin() as session:
        kept = await session.get(KeptAnswer, scope)
        if kept is not None:
            if kept.fingerprint != fingerprint:
                raise HTTPException(409, "another request had this key")
            return Response(kept.body, kept.status, dict(kept.headers), "application/json")
        code, identity, secret = f"{package.unit}-{day:%y%m%d}-{number:04}", uuid.uuid7() if hasattr(uuid, "uuid7") else uuid.uuid4(), secrets.token_hex(6)
        same = (
            select(Dossier.code)
            .where(Dossier.personal_id == package.applicant.personal_id, Dossier.procedure_code == package.procedure,
                   Dossier.ended_at.is_(None), Dossier.returned_at.is_(None), Dossier.id != identity)
            .order_by(Dossier.submitted_at.desc(), Dossier.id.desc()).limit(200)
        )
        duplicates = list((await session.execute(same)).scalars())
        body = dict(
            at=at.isoformat(), to="registered", seq=1, **{"from": None}, note=None, role="desk_officer", unit=package.unit, actor="bench.desk",
            clock="not_started", action="submit_dossier", detail=dict(papers=[p.code for p in package.papers]), reason=None, account=str(ACCOUNT),
            dossier=str(identity), reason_code=None, officer_unit=package.unit, rule_version=None, calendar_version=None,
        )
        event_hash = digest("\n" + at.isoformat() + "\n" + json.dumps(body, sort_keys=True))
        dossier = Dossier(
            id=identity, code=code, procedure_code=package.procedure, procedure_version=VERSION, unit=package.unit, channel=package.channel,
            status="registered", clock="not_started", stage=1, stage_since=at, submitted_at=at, applicant_name=package.applicant.name,
            name_folded=fold(package.applicant.name), personal_id=package.applicant.personal_id, born_on=package.applicant.born_on,
            sex=package.applicant.sex, phone=package.applicant.phone, submitted_by=ACCOUNT, supplement_requests=0, extensions=0, pauses=[],
            form=package.form, secret_hash=digest(secret), event_hash=event_hash, version=1,
        )
        session.add(dossier)
        session.add(Event(dossier_id=identity, seq=1, at=at, recorded_at=at, action="submit_dossier", body=body, prev_hash="", hash=event_hash))
        session.add_all(Paper(id=uuid.uuid4(), dossier_id=identity, code=p.code, original=p.original, digitised=False, reused=False, handed_in_at=at)
                        for p in package.papers)
        session.add(FigureDelta(id=uuid.uuid4(), day=day, procedure_code=package.procedure, unit=package.unit, channel=package.channel,
                                figure="received", n=1))
        detail = {"to": "registered", "from": None, "outcome": None, "version": 1, "reason_code": None, "on_behalf_of": None}
        session.add(Outbox(id=uuid.uuid4(), at=at, topic="dossier.submit_dossier", subject=code, body=detail))
        answer = view(dossier, duplicates, secret).model_dump_json(exclude_none=False)
        headers = [["location", f"/api/v1/dossiers/{code}"], ["etag", '"v1"']]
        session.add(KeptAnswer(scope=scope, fingerprint=fingerprint, status=201, headers=headers, body=answer, created_at=at,
                               expires_at=at + datetime.timedelta(days=3)))
        chain = secrets.choice(CHAINS)
        head = await session.get(AuditHead, chain, with_for_update=True, populate_existing=True)
        previous, entry = head.hash, head.seq + 1
        link = digest(json.dumps([previous, chain, entry, at.isoformat(), str(ACCOUNT), "submit_dossier", code, detail]))
        lease = at + datetime.timedelta(minutes=5)
        await session.execute(update(AuditHead).where(AuditHead.chain == chain).values(seq=entry, hash=link, lease_until=lease))
        session.add(AuditEntry(chain=chain, seq=entry, at=at, actor=ACCOUNT, actor_name="bench.desk", role="desk_officer", action="submit_dossier",
                               subject=code, unit=package.unit, address="127.0.0.1", request_id=str(uuid.uuid4()), detail=detail,
                               prev_hash=previous, hash=link))
    return Response(answer, 201, dict(headers), "application/json")


@app.get("/api/v1/dossiers/{code}")
async def read(code: str, response: Response) -> View:
    other = aliased(Dossier)
    again = exists().where(other.personal_id == Dossier.personal_id, other.procedure_code == Dossier.procedure_code, other.ended_at.is_(None),
                           other.returned_at.is_(None), other.id != Dossier.id)
    async with Session() as session:
        found = (await session.execute(select(Dossier, again).where(Dossier.code == code))).one_or_none()
    if found is None:
        raise HTTPException(404)
    response.headers["etag"] = f'"v{found[0].version}"'
    return view(found[0], [])


@app.get("/api/v1/dossiers")
async def page(limit: int = 50) -> Page:
    columns = (Dossier.code, Dossier.procedure_code, Dossier.unit, Dossier.channel, Dossier.status, Dossier.outcome, Dossier.clock, Dossier.stage,
               Dossier.submitted_at, Dossier.accepted_at, Dossier.due_at, Dossier.completed_at, Dossier.applicant_name, Dossier.personal_id,
               Dossier.version, Dossier.id)
    wanted = (select(*columns).where(Dossier.unit.in_(["H08.15", "H08.15.01"]))
              .order_by(Dossier.submitted_at.desc(), Dossier.id.desc()).limit(limit + 1))
    async with Session() as session:
        rows = (await session.execute(wanted)).all()
    cursor = str(rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[Summary(**summary(row)) for row in rows[:limit]], next_cursor=cursor)
