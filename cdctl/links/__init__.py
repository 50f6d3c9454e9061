"""Carriers of MQTT: how bytes travel between cdctl and a broker. They know topics, not vehicles."""
