"""How hard hypothesis tries in `make test`: no deadline on a busy machine, and what is needed to repeat a failure.

`MODEL_EFFORT=20` tries twenty times as many stories in the tests named `test_model_*`.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "doorstep",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # says how busy the machine is, nothing about the code
)
settings.load_profile("doorstep")
