from .accept import accept as accept
from .rules import RefusedError as RefusedError
from .submit import submit as submit
from .verify import Verification as Verification
from .verify import verify as verify
