"""SQL of second factors."""

from app.mfa.repository.codes import CodeRepository as CodeRepository
from app.mfa.repository.devices import DeviceRepository as DeviceRepository
from app.mfa.repository.passkeys import PasskeyRepository as PasskeyRepository
