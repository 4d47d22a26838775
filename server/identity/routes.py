"""Log in, see who is logged in, log out; and the health of the server itself."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from server.centre import Here
from server.config import is_cookie_secure
from server.identity import login, sessions
from server.identity.access import COOKIE, Anyone, Person, SessionOwner
from server.identity.schemas import HealthAnswer, Login, SessionAnswer, User
from server.problems import problem_responses
from store.users import User as Account

router = APIRouter(tags=["session"])


@router.get("/health", operation_id="getHealth", responses=problem_responses("unavailable"))
def get_health(_who: Anyone, centre: Here) -> HealthAnswer:
    """Whether the server is up and reads its database."""
    sessions.check_database(centre)
    return HealthAnswer(status="ok")


@router.post(
    "/session",
    operation_id="logIn",
    responses=problem_responses("login_failed", "login_back_off", "login_busy", "cross_site", "invalid_request"),
)
async def log_in(_who: Anyone, centre: Here, ask: Login, response: Response) -> SessionAnswer:
    """Log in with name and password; sets the session cookie."""
    account = await login.check(centre, ask.name, ask.password)
    token = await login.in_thread(sessions.start, centre, account.id)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(centre.config.session.absolute_s),
        path="/",
        secure=is_cookie_secure(centre.config),
        httponly=True,
        samesite="strict",
    )
    return SessionAnswer(user=_user(account), csrf_token=sessions.csrf_token(token))


@router.get("/session", operation_id="getSession", responses=problem_responses("not_logged_in"))
def get_session(who: SessionOwner) -> SessionAnswer:
    """Who is logged in."""
    return SessionAnswer(user=_user(who), csrf_token=who.csrf_token)


@router.delete(
    "/session",
    operation_id="logOut",
    status_code=204,
    responses=problem_responses("not_logged_in", "csrf_failed"),
)
def log_out(_who: SessionOwner, centre: Here, request: Request) -> Response:
    """Log out: the session ends here and its cookie is taken away."""
    sessions.end(centre, request.cookies[COOKIE])
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", secure=is_cookie_secure(centre.config), httponly=True, samesite="strict")
    return response


def _user(account: Account | Person) -> User:
    return User.model_validate(
        {
            "id": account.id,
            "name": account.name,
            "display_name": account.display_name,
            "roles": sorted(account.roles),
            "towns": list(account.towns),
            "locale": account.locale,
        }
    )
